"""Predicting with one call."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau import pretrained
from keras_rau.export.predictor import Predictor


def predict(image: np.ndarray | Path | str, model: Path | str = pretrained.DEFAULT, **options: Any) -> np.ndarray:
    """Mask of an image; the model is loaded once, whatever kind of file it is in.

    Args:
        image: uint8 `(H, W, 3)` RGB, `(H, W, 4)` or `(H, W)`, or an image file.
        model: a `.keras` file, SavedModel folder or `.tflite` file, or the name of a model that comes with the package.
        **options: of `Predictor`.

    Returns:
        uint8 `(H, W)` of 0 and 1.

    Raises:
        DataError: the file is missing or no image.
        ExportError: the model is missing, damaged, or of another kind.
        TypeError: the array is no image.

    Example:
        >>> predict("photo.jpg", "out/model.tflite").mean()
        0.23
    """
    if isinstance(image, (str, Path)):
        from keras_rau.datasets.reading.decoding import read_image

        image = read_image(image)
    path = Path(model)
    if str(model) in pretrained.names() and not path.exists():
        path = pretrained.tflite_file(str(model))
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return _predictor(path, changed, tuple(sorted(options.items()))).predict(image)


@lru_cache(maxsize=4)
def _predictor(path: Path, changed: int, options: tuple[tuple[str, Any], ...]) -> Predictor:
    del changed  # another file under the same name is another model
    return Predictor(path, **dict(options))
