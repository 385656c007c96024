"""Smoothed or compressed masks of a whole folder, cut into masks of two values in a new folder."""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from PIL import Image

from keras_rau.datasets.files import existing_folder, is_image, is_litter
from keras_rau.datasets.reading.content import FileProblem, enough_memory, printable
from keras_rau.datasets.reading.mask_kinds import cut, tell_apart
from keras_rau.datasets.reading.opening import Opened, open_file
from keras_rau.datasets.reading.two_values import as_greys, brightness, mask_plane, nearly_two, two_values
from keras_rau.errors import DataError, UsageError
from keras_rau.files import whole_folder

_ORIENTATION = 274


@dataclass
class Cleaned:
    """What became of the files of a folder.

    Attributes:
        folder: the new folder; it is not there when nothing was written.
        written: the masks in it, sorted.
        cut: how many of them had more than two values.
        refused: what is wrong with the files that are not in it.
    """

    folder: Path
    written: list[Path] = field(default_factory=list)
    cut: int = 0
    refused: list[FileProblem] = field(default_factory=list)


def clean_masks(
    source: Path | str,
    target: Path | str,
    *,
    threshold: float | None = None,
    pattern: str = "*",
    progress: Callable[[int, int], None] | None = None,
) -> Cleaned:
    """Write the masks of a folder, and of the folders within it, as PNG files of 0 and 255 into a new folder.

    Masks of two values are kept, those that were smoothed or compressed are cut at half their highest value. Masks of class
    numbers, pictures and damaged files are refused and left out; all others are written all the same. Nothing in `source` is
    changed, and `target` appears at once, when all is done.

    Args:
        source: folder of masks.
        target: the new folder, with the same folders and names as `source`.
        threshold: share of the highest value above which a pixel is lesion; if given, probabilities and greys whose meaning is
            not clear are cut, too.
        pattern: names of the files to take, such as `"*_mask.png"`.
        progress: called with the number of files done and of all files.

    Returns:
        What was written, and what was refused.

    Raises:
        DataError: there is no such folder or no image in it, `target` exists or cannot be written.
        UsageError: `threshold` is not between 0 and 1, or one folder lies in the other.

    Example:
        >>> clean_masks("masks", "masks-clean").cut
        14
    """
    if threshold is not None and not 0 < threshold < 1:
        raise UsageError(f"`threshold` must lie between 0 and 1. Received: threshold={threshold}")
    source, target = existing_folder(source), Path(target)
    _check_target(source, target)
    files = sorted(_files(source, pattern))
    if not files:
        raise DataError(f"There are no image files called {pattern} in {source}.")
    try:
        with whole_folder(target) as part:
            result = _clean_all(source, part, files, threshold, progress)
    except OSError as error:
        raise DataError(f"Cannot write to {target}: {error.strerror or error}. Name another new folder.") from error
    result.folder = target
    result.written = [target / path.relative_to(part) for path in result.written]
    return result


def _check_target(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise DataError(f"{target} exists already. Name a new folder for the masks.")
    inner, outer = Path(os.path.realpath(target)), Path(os.path.realpath(source))
    if outer in inner.parents:
        raise UsageError(f"The new folder {target} would lie in the folder of the masks, {source}. Name one beside it.")


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    """Image files in a folder and in those within it; links to folders are not followed."""
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_litter(name)]
        for name in names:
            path = Path(where) / name
            if is_image(path) and not is_litter(name) and fnmatch(name, pattern):
                yield path


def _clean_all(
    source: Path,
    part: Path,
    files: list[Path],
    threshold: float | None,
    progress: Callable[[int, int], None] | None,
) -> Cleaned:
    result, taken = Cleaned(part), {}

    def clean(path: Path) -> tuple[bytes, bool] | FileProblem:
        try:
            return _cleaned(path, threshold)
        except FileProblem as problem:
            return problem

    # Decoding leaves Python's lock, so that threads use all cores.
    with ThreadPoolExecutor() as pool:
        for number, (path, found) in enumerate(zip(files, pool.map(clean, files), strict=True), start=1):
            name = path.relative_to(source).with_suffix(".png")
            other = taken.setdefault(str(name).casefold(), path)
            if other is not path:
                text = f"{path} would be written under the same name as {other}. Rename one of them."
                found = FileProblem("id_twice", text)
            if isinstance(found, FileProblem):
                result.refused.append(found)
            else:
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).write_bytes(found[0])
                result.written.append(part / name)
                result.cut += found[1]
            if progress is not None:
                progress(number, len(files))
    return result


def _cleaned(path: Path, threshold: float | None) -> tuple[bytes, bool]:
    """Return a PNG file of 0 and 255 with the pixels as they are stored, and whether they had to be cut."""
    opened = open_file(path)
    try:
        values, was_cut = two_values(opened), False
    except FileProblem as problem:
        if problem.kind != "mask_of_greys":
            raise
        with enough_memory(path):
            found = _cut(opened, threshold)
        if found is None:
            raise
        values, was_cut = found, True
    image, exif = Image.fromarray(values * np.uint8(255)), Image.Exif()
    if opened.orientation != 1 and not opened.turned:
        exif[_ORIENTATION] = opened.orientation
    data = io.BytesIO()
    image.save(data, "PNG", **({"exif": exif} if len(exif) else {}))
    return data.getvalue(), was_cut


def _cut(opened: Opened, threshold: float | None) -> np.ndarray | None:
    """Cut a mask of more than two values; return `None` where that might lose what the values mean."""
    plane = mask_plane(opened)
    if plane.dtype == np.int64:
        if not nearly_two(plane):
            return None
        plane = brightness(plane)
    greys = as_greys(plane)
    if greys is None:
        return _cut_fractions(plane, threshold)
    found = tell_apart(greys)
    clear = found.kind == "smoothed" or (threshold is not None and found.kind in ("border", "greys"))
    return cut(greys, found.top, threshold) if clear and len(found.values) > 2 else None


def _cut_fractions(plane: np.ndarray, threshold: float | None) -> np.ndarray | None:
    """Probabilities in a file of floating-point numbers."""
    if threshold is None or plane.dtype.kind != "f" or not (plane.min() >= 0 and plane.max() <= 1):
        return None
    return (plane > threshold).astype(np.uint8)


def refusals(result: Cleaned) -> tuple[list[str], list[str]]:
    """Return a line for each refused file, and the remedies, each once."""
    ours = [problem for problem in result.refused if "clean-masks" in problem.remedy]
    remedies = {problem.remedy for problem in result.refused if problem.remedy and problem not in ours}
    if ours:
        remedies.add("Where you know that greys mean lesion from some value on, say so with --threshold, such as 0.5.")
    if result.written and len(ours) < len(result.refused):
        remedies.add(
            "The masks of a data set are of one kind: put those that mean something else into a folder of their own."
        )
    return [printable(problem.message) for problem in result.refused], sorted(remedies)
