"""Masks for files and folders of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from keras_rau.datasets.files import image_files, warn_of_others
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.errors import DataError, RauError
from keras_rau.evaluation.folders import check_free, make_folder
from keras_rau.evaluation.overlays import overlay as draw_overlay


def predict_files(
    model: Path,
    images: Sequence[Path],
    output: Path,
    overlay: bool = False,
    image_size: int | None = None,
    console: Any = None,
) -> dict[str, str]:
    """Write `NAME_mask.png` (0 and 255, the image's size), and `NAME_overlay.png` if asked, for every image.

    Args:
        model: model file.
        images: image files and folders of them.
        output: new or empty folder.
        overlay: also write the images with the outline drawn in.
        image_size: see `Predictor`.
        console: `rich.console.Console` for a progress bar.

    Returns:
        What could not be segmented, with the reason.

    Raises:
        RauError: there are no images, two would give the same name, the output is taken, or the model cannot be used.
    """
    from rich.progress import track

    from keras_rau.export import Predictor

    files = _files(images)
    check_free(output)
    predictor = Predictor(model, image_size=image_size)
    make_folder(output)
    failures: dict[str, str] = {}
    for path in track(files, "segmenting", console=console, transient=True, disable=console is None):
        try:
            image = read_image(path)
        except DataError as error:
            failures[str(path)] = str(error)
            continue
        mask = predictor.predict(image)
        Image.fromarray(mask * 255).save(output / f"{path.stem}_mask.png")
        if overlay:
            Image.fromarray(draw_overlay(image, prediction=mask)).save(output / f"{path.stem}_overlay.png")
    return failures


def _files(images: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in images:
        if not path.exists():
            raise RauError(f"{path} does not exist.")
        found = image_files(path) if path.is_dir() else [path]
        if not found:
            raise RauError(f"There are no images in {path}.")
        if path.is_dir():
            warn_of_others(path)
        files += found
    names: dict[str, Path] = {}
    for path in files:
        other = names.setdefault(path.stem, path)
        if other != path:
            raise RauError(
                f"{other} and {path} would both be written as {path.stem}_mask.png. Segment them one by one."
            )
    return list(names.values())
