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
        ValueError: the shapes differ.

    Example:
        >>> image_scores(np.array([[1, 0]]), np.array([[1, 1]]))["iou"]
        0.5
    """
    truth, prediction = np.asarray(truth, bool), np.asarray(prediction, bool)
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


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 1.0
