"""Scoring a folder of mask files, whatever made them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.csv_text import printable
from keras_rau.datasets.files import composed, existing_folder, image_files, listed
from keras_rau.datasets.reading.decoding import image_size, read_mask, read_pair
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.evaluation.scores import image_scores
from keras_rau.evaluation.summary import summarise
from keras_rau.evaluation.surface import Spacing, surface_scores

# What follows the name of an image in the name of its mask; the first is that of `keras-rau predict`.
_ENDINGS = ("_mask", "", "_segmentation", "_lesion", "_prediction", "_pred", "_seg")
_OVERLAY = "_overlay"


def evaluate_masks(
    folder: Path | str,
    samples: Sequence[Sample],
    *,
    surface: bool = False,
    spacing: Spacing | None = None,
    console: Any = None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Score a folder of mask files, as `evaluate` scores a model: per image, at the size of the true mask.

    Args:
        folder: mask files, one for each sample: what `keras-rau predict` wrote, or any of two values, of the image's size,
            named by the id of the sample, its image or its mask, with or without `_mask`, `_segmentation`, `_lesion`,
            `_prediction`, `_pred` or `_seg` after it.
        samples: samples with masks, all of which are scored.
        surface: add the scores of the outline, see `surface_scores`.
        spacing: millimetres per pixel of the masks, for `surface`.
        console: `rich.console.Console` for a progress bar.

    Returns:
        Scores per image with their ids, in the order of the samples; and their summary.

    Raises:
        DataError: a sample has no mask file or several, a file is the mask of no sample or of several, sizes differ, or a
            file cannot be read or is no mask; the message names the files.

    Example:
        >>> rows, result = evaluate_masks("masks", datasets.load("isic2018", "ISIC2018"))
    """
    from rich.progress import track

    files = mask_files(folder, samples)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    with ThreadPoolExecutor() as pool:
        jobs = pool.map(partial(_scored, surface=surface, spacing=spacing), samples, (files[one.id] for one in samples))
        for found in track(jobs, "scoring", len(samples), console=console, transient=True, disable=console is None):
            if isinstance(found, str):
                problems.append(found)
            else:
                rows.append(found)
    if problems:
        raise DataError(listed(f"{len(problems)} mask file(s) of {folder} cannot be scored", problems))
    return rows, summarise(rows)


def mask_files(folder: Path | str, samples: Sequence[Sample]) -> dict[str, Path]:
    """Return the mask file of every sample, by id; see `evaluate_masks`.

    Raises:
        DataError: masks are missing, left over, ambiguous or of another size.
    """
    folder = existing_folder(folder)
    owners: dict[str, list[Sample]] = {}
    for sample in samples:
        for name in _names(sample):
            owners.setdefault(name, []).append(sample)
    found: dict[str, list[Path]] = {sample.id: [] for sample in samples}
    problems = []
    for path in _mask_like(folder):
        name = composed(path.relative_to(folder).with_suffix("").as_posix())
        claims = owners.get(name) or owners.get(name.rpartition("/")[2], [])
        if not claims and name.endswith(_OVERLAY) and name.removesuffix(_OVERLAY) in owners:
            continue  # the picture that predict draws
        if len(claims) == 1:
            found[claims[0].id].append(path)
        else:
            whose = f"several images: {', '.join(one.id for one in claims[:3])}" if claims else "no image"
            problems.append(f"{printable(str(path))} is the mask of {whose}")
    sizes = {path: sample.image for sample in samples for path in found[sample.id]}
    problems += [problem for path, image in sizes.items() if (problem := _size_problem(path, image))]
    for sample in samples:
        paths = found[sample.id]
        if not paths:
            problems.append(f"the image {sample.id} has no mask: {_file_names(sample)} is missing")
        elif len(paths) > 1:
            problems.append(f"the image {sample.id} has several masks: {', '.join(map(str, paths))}")
    if problems:
        head = f"{len(problems)} problem(s) with the masks in {folder} for {len(samples)} images"
        raise DataError(f"{listed(head, problems)}\nEvery image needs one mask file, and every file an image.")
    return {name: paths[0] for name, paths in found.items()}


def _mask_like(folder: Path) -> Iterator[Path]:
    """Image files in a folder and those below it; hidden ones are none."""
    try:
        yield from image_files(folder)
        for each in sorted(folder.iterdir()):
            if each.is_dir() and not each.is_symlink() and not each.name.startswith("."):
                yield from _mask_like(each)
    except OSError as error:
        raise DataError(f"Cannot read the folder {folder}: {error.strerror or error}.") from error


def _names(sample: Sample) -> set[str]:
    roots = {sample.id, sample.image.stem, *([sample.mask.stem] if sample.mask is not None else [])}
    return {composed(f"{root}{ending}") for root in roots for ending in _ENDINGS}


def _file_names(sample: Sample) -> str:
    return f"{sample.id}_mask.png or the like"


def _size_problem(path: Path, image: Path) -> str:
    try:
        (height, width), (rows, columns) = image_size(image), image_size(path)
    except DataError as error:
        return str(error)
    same = (height, width) == (rows, columns)
    return "" if same else f"{path} is {columns}×{rows} pixels, its image {image} {width}×{height}"


def _scored(sample: Sample, path: Path, surface: bool, spacing: Spacing | None) -> dict[str, Any] | str:
    """Scores of one file, or what is wrong with it."""
    if sample.mask is None:
        return f"the sample {sample.id} has no mask to score against"
    try:
        truth = np.asarray(read_pair(sample.image, sample.mask)[1], bool)
        mask = np.asarray(read_mask(path), bool)
    except DataError as error:
        return str(error)
    if mask.shape != truth.shape:
        return f"{path} is {mask.shape[1]}×{mask.shape[0]} pixels, the mask {sample.mask} {truth.shape[1]}×{truth.shape[0]}"
    outline = surface_scores(truth, mask, spacing) if surface else {}
    return {"id": sample.id, **image_scores(truth, mask), **outline}
