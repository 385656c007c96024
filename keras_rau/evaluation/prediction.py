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
from keras_rau.evaluation.regions import Outcome, region_of, write_regions

REGIONS = "regions.csv"


def predict_files(
    model: Path,
    images: Sequence[Path],
    output: Path,
    overlay: bool = False,
    console: Any = None,
    **options: Any,
) -> list[Outcome]:
    """Write `NAME_mask.png` (0 and 255, the image's size), and `NAME_overlay.png` if asked, for every image.

    `regions.csv` holds area and bounding box of every lesion, and why an image could not be segmented; it is written also
    when the work is stopped.

    Args:
        model: model file.
        images: image files and folders of them.
        output: new or empty folder.
        overlay: also write the images with the outline drawn in.
        console: `rich.console.Console` for a progress bar.
        **options: of `Predictor`.

    Returns:
        What became of each image.

    Raises:
        RauError: there are no images, two would give the same name, the output is taken, or the model cannot be used.

    Example:
        >>> predict_files(pretrained.tflite_file("rau_net_lite"), [Path("photo.jpg")], Path("masks"))[0].region.area
        20841
    """
    from rich.progress import track

    from keras_rau.export import Predictor

    files = _files(images)
    check_free(output)
    predictor = Predictor(model, **options)
    make_folder(output)
    outcomes: list[Outcome] = []
    try:
        for path in track(files, "segmenting", console=console, transient=True, disable=console is None):
            outcomes.append(_segment(predictor, path, output, overlay))
    finally:
        write_regions(outcomes, output / REGIONS)
    return outcomes


def _segment(predictor: Any, path: Path, output: Path, overlay: bool) -> Outcome:
    try:
        image = read_image(path)
    except DataError as error:
        return Outcome(path, error=str(error))
    mask = predictor.predict(image)
    name = f"{path.stem}_mask.png"
    Image.fromarray(mask * 255).save(output / name)
    if overlay:
        Image.fromarray(draw_overlay(image, prediction=mask)).save(output / f"{path.stem}_overlay.png")
    return Outcome(path, name, region_of(mask))


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
