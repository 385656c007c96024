"""Scores of one image, by the rules of the ISIC challenge."""

import numpy as np

KEYS = ("dice", "iou", "miou", "threshold_jaccard", "accuracy", "sensitivity", "specificity")


def image_scores(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Scores of a predicted mask.

    `iou` is of the lesion, `miou` the mean of lesion and background (the paper's), `threshold_jaccard` is `iou`, but 0 below
    0.65. A ratio 0/0 is 1.

    Args:
        truth: `(H, W)` of 0 and 1.
        prediction: the same.

    Returns:
        The seven scores of `KEYS`, each in [0, 1].

    Raises:
        ValueError: the shapes differ, or a mask holds more than 0 and one other value.

    Example:
        >>> image_scores(np.array([[1, 0]]), np.array([[1, 1]]))["iou"]
        0.5
    """
    truth, prediction = as_mask(truth), as_mask(prediction)
    if truth.shape != prediction.shape:
        raise ValueError(f"Masks must have the same shape. Received: {truth.shape} and {prediction.shape}")
    tp = int((truth & prediction).sum())
    fp, fn = int(prediction.sum()) - tp, int(truth.sum()) - tp
    tn = truth.size - tp - fp - fn
    iou = _ratio(tp, tp + fp + fn)
    return {
        "dice": _ratio(2 * tp, 2 * tp + fp + fn),
        "iou": iou,
        "miou": (iou + _ratio(tn, tn + fp + fn)) / 2,
        "threshold_jaccard": iou if iou >= 0.65 else 0.0,
        "accuracy": _ratio(tp + tn, truth.size),
        "sensitivity": _ratio(tp, tp + fn),
        "specificity": _ratio(tn, tn + fp),
    }


def as_mask(values: np.ndarray) -> np.ndarray:
    """Return a mask of 0 and one other value, such as 1 or 255, as booleans.

    Raises:
        ValueError: it holds more: class numbers, or probabilities that were not cut.
    """
    values = np.asarray(values)
    if values.dtype == bool or not values.size:
        return values.astype(bool)
    top = values.max()
    if not ((values == 0) | (values == top)).all():
        found = ", ".join(f"{value:.4g}" for value in np.unique(values)[:8])
        raise ValueError(
            "A mask holds 0 and one other value; class numbers are scored by `mask_scores`, and probabilities are cut at a "
            f"threshold first. Received: the values {found}"
        )
    return values != 0


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 1.0
