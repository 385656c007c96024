"""Scoring a folder of mask files, whatever made them."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.classes.description import IGNORED, ClassMasks
from keras_rau.datasets.classes.reading import read_class_mask, read_sample
from keras_rau.datasets.classes.samples import check_fits, common_classes
from keras_rau.datasets.files import existing_folder, listed
from keras_rau.datasets.reading.decoding import read_mask
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.evaluation.class_scores import classes_of, mask_scores, occurring
from keras_rau.evaluation.mask_names import mask_files
from keras_rau.evaluation.prediction_record import Record
from keras_rau.evaluation.summary import summarise
from keras_rau.evaluation.surface import Spacing
from keras_rau.outputs import Outputs


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
        folder: mask files of the images' sizes, one for each sample (of overlapping classes, one for each sample and class):
            what `keras-rau predict` wrote, or any that are named by the id of the sample, its image or its mask, with or
            without `_mask`, `_segmentation`, `_lesion`, `_prediction`, `_pred` or `_seg` after it (and `_CLASS` before
            that). They hold two values; of exclusive classes, the class numbers where `keras-rau predict` wrote them,
            otherwise the values or colours of the true masks.
        samples: samples with masks, all of which are scored.
        surface: add the scores of the outline, see `surface_scores`.
        spacing: millimetres per pixel of the masks, for `surface`.
        console: `rich.console.Console` for a progress bar.

    Returns:
        Scores per image with their ids, in the order of the samples; and their summary, see `evaluate`.

    Raises:
        DataError: a sample has no mask file or several, a file is the mask of no sample or of several, sizes differ, or a
            file cannot be read or is not a mask; the message names the files.
        UsageError: `keras-rau predict` wrote the masks by a model of other classes.

    Example:
        >>> rows, result = evaluate_masks("masks", datasets.load("isic2018", "ISIC2018"))
    """
    from rich.progress import track

    folder = existing_folder(folder)
    if not samples:
        raise DataError("There are no images to score masks of.")
    classes = common_classes(samples)
    outputs = Outputs() if classes is None else classes.outputs
    made_by = Record(folder).settings()
    if made_by is not None:
        check_fits(Outputs.from_config(made_by["classes"]), samples, f"The model that made {folder}")
    read = _reader(outputs, classes, made_by is not None)
    files = mask_files(folder, samples, outputs)
    score = partial(_scored, read=read, outputs=outputs, surface=surface, spacing=spacing)
    names, present = classes_of(samples), Counter()
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    with ThreadPoolExecutor() as pool:
        jobs = pool.map(score, samples, (files[sample.id] for sample in samples))
        for found in track(jobs, "scoring", len(samples), console=console, transient=True, disable=console is None):
            if isinstance(found, str):
                problems.append(found)
            else:
                rows.append(found[0])
                present.update(found[1])
    if problems:
        raise DataError(listed(f"{len(problems)} mask(s) of {folder} cannot be scored", problems))
    result = summarise(rows, classes=names)
    for name in names:
        result["by_class"][name]["n_present"] = present[name]
    return rows, result


def _reader(outputs: Outputs, classes: ClassMasks | None, ours: bool) -> Callable[[Sequence[Path]], np.ndarray]:
    """Return a function from the mask files of an image to what `Outputs.decide` would give."""
    if outputs.kind == "lesion":
        return lambda paths: read_mask(paths[0])
    if outputs.kind == "overlapping":
        return lambda paths: np.stack([read_mask(path) for path in paths], axis=-1)
    numbers = dict(enumerate(outputs.names))
    # Others write what the data set itself holds.
    stated = numbers if ours or classes is None or classes.form == "files" else classes.to_config()
    return lambda paths: read_class_mask(paths[0], stated)


def _scored(
    sample: Sample,
    paths: Sequence[Path],
    read: Callable[[Sequence[Path]], np.ndarray],
    outputs: Outputs,
    surface: bool,
    spacing: Spacing | None,
) -> tuple[dict[str, Any], list[str]] | str:
    """Scores of an image and the classes in it, or what is wrong with its files."""
    if sample.mask is None:
        return f"the sample {sample.id} has no mask to score against"
    try:
        truth, mask = read_sample(sample)[1], read(paths)
    except DataError as error:
        return str(error)
    if mask.shape != truth.shape:
        sizes = [f"{one.shape[1]}×{one.shape[0]}" for one in (mask, truth)]
        return f"{paths[0]} is {sizes[0]} pixels, the mask {sample.mask} {sizes[1]}"
    if outputs.kind == "exclusive" and (mask == IGNORED).any():
        return f"{paths[0]} holds values that mean no class: a prediction needs a class for every pixel"
    scores = mask_scores(truth, mask, outputs, surface=surface, spacing=spacing)
    return {"id": sample.id, **scores}, occurring(truth, outputs) if outputs.kind != "lesion" else []
