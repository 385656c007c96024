"""Scores of one image with several classes, each class scored against the rest."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_rau.datasets.classes.description import IGNORED
from keras_rau.datasets.classes.samples import common_classes
from keras_rau.datasets.samples import Sample
from keras_rau.evaluation.scores import KEYS, image_scores
from keras_rau.evaluation.surface import Spacing, surface_scores
from keras_rau.outputs import Outputs

_OF_ALL = (*KEYS, "hd95", "assd", "boundary_iou", "nsd", "hd95_mm", "assd_mm", "nsd_mm")


def mask_scores(
    truth: np.ndarray,
    prediction: np.ndarray,
    outputs: Outputs,
    *,
    surface: bool = False,
    spacing: Spacing | None = None,
) -> dict[str, float]:
    """Return the scores of a predicted mask, of one lesion class or of several classes.

    Of several classes every score is the mean over the classes without the background, but for `miou`, in whose mean the
    background of exclusive classes is too, and `accuracy`, the share of pixels that are given their class. The scores of each
    class follow, as `dice_NAME` and so on; a class that is neither there nor found scores 1, by the rule of 0/0.

    Args:
        truth: as `read_sample` gives it; pixels of 255 in a map of class numbers count nothing.
        prediction: as `Outputs.decide` gives it, of the same shape.
        outputs: the classes.
        surface: add the scores of the outlines, see `surface_scores`.
        spacing: millimetres per pixel, for `surface`.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> outputs = Outputs(("background", "nevus", "melanoma"))
        >>> mask_scores(np.array([[0, 1, 2]]), np.array([[0, 1, 1]]), outputs)["dice_melanoma"]
        0.0
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    if truth.shape != prediction.shape:
        raise ValueError(f"Masks must have the same shape. Received: {truth.shape} and {prediction.shape}")
    counted = truth != IGNORED

    def scores(found: np.ndarray, wanted: np.ndarray, counted: np.ndarray) -> dict[str, float]:
        outline = surface_scores(wanted * counted, found * counted, spacing) if surface else {}
        return {**image_scores(wanted[counted], found[counted]), **outline}

    if outputs.kind == "lesion":
        return scores(prediction, truth, counted)
    pairs = zip(outputs.class_masks(truth).items(), outputs.class_masks(prediction).values(), strict=True)
    overlapping = outputs.kind == "overlapping"
    each = {name: scores(two, one, np.ones(one.shape, bool) if overlapping else counted) for (name, one), two in pairs}
    means = {key: float(np.mean([found[key] for found in each.values()])) for key in next(iter(each.values()))}
    if not overlapping:
        background = image_scores((truth == 0)[counted], (prediction == 0)[counted])
        means["miou"] = float(np.mean([background["iou"], *(found["iou"] for found in each.values())]))
        means["accuracy"] = float(np.mean((truth == prediction)[counted])) if counted.any() else 1.0
    return means | {f"{key}_{name}": value for name, found in each.items() for key, value in found.items()}


def classes_of(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the names of the classes that have scores of their own; none of one lesion class.

    Raises:
        DataError: samples have different classes.
    """
    classes = common_classes(samples) if samples else None
    return () if classes is None or classes.outputs.kind == "lesion" else classes.outputs.foreground


def occurring(truth: np.ndarray, outputs: Outputs) -> list[str]:
    """Return the classes, without the background, that a truth has a pixel of."""
    return [name for name, mask in outputs.class_masks(truth).items() if (mask == 1).any()]


def split_classes(row: dict[str, Any], names: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the scores of a row without those of single classes, and these by class."""
    by_class: dict[str, dict[str, Any]] = {name: {} for name in names}
    rest = {}
    for key, value in row.items():
        # A class may be called so that `threshold_jaccard` seems to be of it.
        own = [name for name in names if key not in _OF_ALL and key in {f"{one}_{name}" for one in _OF_ALL}]
        if own:
            by_class[own[0]][key.removesuffix(f"_{own[0]}")] = value
        else:
            rest[key] = value
    return rest, by_class
