"""Predicting with one call."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from keras_rau import pretrained
from keras_rau.export.predictor import Predictor


def predict(image: Any, model: Path | str | Sequence[Path | str] = pretrained.DEFAULT, **options: Any) -> Any:
    """Mask of an image; the model is loaded once, whatever kind of file it is in.

    Args:
        image: an image file, an array, or several of them, see `Predictor.predict`.
        model: a `.keras` file, SavedModel folder or `.tflite` file, or the name of a model that comes with the package; or
            several of these, which are averaged.
        **options: of `Predictor`.

    Returns:
        What `Predictor.predict` returns: uint8 `(H, W)` of 0 and 1 for one lesion class.

    Raises:
        DataError: the file is missing or no image.
        ExportError: the model is missing, damaged, or of another kind.
        TypeError: the array is not an image.

    Example:
        >>> predict("photo.jpg", "out/model.tflite").mean()
        0.23
    """
    models = [model] if isinstance(model, (str, Path)) else model
    paths = tuple(_file(one) for one in models)
    changed = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
    style = options.get("style")
    if isinstance(style, (str, Path)) and Path(style).is_file():
        changed += (Path(style).stat().st_mtime_ns,)
    hashable = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    return _predictor(paths, changed, tuple(sorted(hashable.items()))).predict(image)


def _file(model: Path | str) -> Path:
    path = Path(model)
    return pretrained.tflite_file(str(model)) if str(model) in pretrained.names() and not path.exists() else path


@lru_cache(maxsize=4)
def _predictor(paths: tuple[Path, ...], changed: tuple[int, ...], options: tuple[tuple[str, Any], ...]) -> Predictor:
    del changed  # another file under the same name is another model
    return Predictor(paths, **dict(options))
