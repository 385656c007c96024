"""Masks for files and folders of images."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_rau.datasets.files import image_files, warn_of_others
from keras_rau.datasets.reading.decoding import read_image, read_mask
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
    resume: bool = False,
    runner: str | None = None,
    runner_options: Sequence[str] = (),
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
        console: `rich.console.Console` for a progress bar and what the work was.
        resume: go on in a folder of masks: what is finished there is not done again.
        runner: a Beam runner, such as `"DirectRunner"`; one process after the other when `None`.
        runner_options: its options, `NAME=VALUE`.
        **options: of `Predictor`.

    Returns:
        What became of each image.

    Raises:
        RauError: there are no images, two would give the same name, the output is taken, or the model cannot be used.

    Example:
        >>> predict_files(pretrained.tflite_file("rau_net_lite"), [Path("photo.jpg")], Path("masks"))[0].region.area
        20841
    """
    from keras_rau.export import Predictor

    files = _files(images)
    if not resume:
        check_free(output)
    # Whatever is wrong with it is told before anything else starts.
    predictor = Predictor(model, **options)
    make_folder(output)
    outcomes = {file: found for file in files if resume and (found := _finished(file, output, overlay))}
    open_ = [file for file in files if file not in outcomes]
    started = time.monotonic()
    try:
        if runner is None:
            for outcome in _one_by_one(predictor, open_, output, overlay, console):
                outcomes[outcome.image] = outcome
        elif open_:
            from keras_rau.evaluation.bulk import segment_on_beam

            found = segment_on_beam(model, open_, output, runner, runner_options, overlay, **options)
            outcomes |= dict(zip(open_, found, strict=True))
    finally:
        done = [outcomes[file] for file in files if file in outcomes]
        write_regions(done, output / REGIONS)
    if console is not None and (runner or resume):
        _tell(console, len(files) - len(open_), len(open_), time.monotonic() - started)
    return done


def _tell(console: Any, kept: int, done: int, seconds: float) -> None:
    rate = f", {done / seconds:.1f} images a second" if done else ""
    before = f"{kept} were finished before, " if kept else ""
    console.print(f"{before}{done} images in {seconds:.1f} s{rate}", highlight=False)


def _one_by_one(predictor: Any, files: Sequence[Path], output: Path, overlay: bool, console: Any) -> Any:
    from rich.progress import track

    for file in track(files, "segmenting", console=console, transient=True, disable=console is None):
        yield segment(predictor, file, output, overlay)


def segment(predictor: Any, path: Path, output: Path, overlay: bool) -> Outcome:
    """Write the mask of one image."""
    try:
        image = read_image(path)
    except DataError as error:
        return Outcome(path, error=str(error))
    mask = predictor.predict(image)
    # The mask last: where it is, the image is finished.
    if overlay:
        _write(draw_overlay(image, prediction=mask), output / _overlay_name(path))
    _write(mask * 255, output / _mask_name(path))
    return Outcome(path, _mask_name(path), region_of(mask))


def _write(values: np.ndarray, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    Image.fromarray(values).save(part, format="PNG")
    os.replace(part, path)


def _mask_name(path: Path) -> str:
    return f"{path.stem}_mask.png"


def _overlay_name(path: Path) -> str:
    return f"{path.stem}_overlay.png"


def _finished(path: Path, output: Path, overlay: bool) -> Outcome | None:
    mask = output / _mask_name(path)
    if not mask.exists() or (overlay and not (output / _overlay_name(path)).exists()):
        return None
    return Outcome(path, mask.name, region_of(read_mask(mask)))


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
            raise RauError(f"{other} and {path} would both be written as {_mask_name(path)}. Segment them one by one.")
    return list(names.values())
