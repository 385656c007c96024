"""Metrics by the names under which they are logged."""

from functools import partial
from typing import Any

from keras_rau.metrics.calibration import ExpectedCalibrationError
from keras_rau.metrics.confusion import (
    Accuracy,
    DiceScore,
    IoU,
    MeanIoU,
    Precision,
    Sensitivity,
    Specificity,
    ThresholdJaccard,
)
from keras_rau.metrics.image_metric import ImageMetric
from keras_rau.metrics.thresholds import AUC, ThresholdSweep
from keras_rau.suggestion import unknown_name

_METRICS: dict[str, Any] = {
    "dice": DiceScore,
    "iou": IoU,
    "miou": MeanIoU,
    "threshold_jaccard": ThresholdJaccard,
    "accuracy": Accuracy,
    "sensitivity": Sensitivity,
    "specificity": Specificity,
    "precision": Precision,
    "roc_auc": partial(AUC, "roc"),
    "pr_auc": partial(AUC, "pr"),
    "best_dice": ThresholdSweep,
    "ece": ExpectedCalibrationError,
}

# Names of those that take several classes, and `class_id` for one of them.
OF_CLASSES = ("dice", "iou", "miou", "threshold_jaccard", "accuracy", "sensitivity", "specificity", "precision")


def names() -> list[str]:
    """Names that `get` knows."""
    return list(_METRICS)


def get(name: str, /, **arguments: Any) -> ImageMetric:
    """Build a metric by the name it has in logs.

    Args:
        name: one of `names()`.
        **arguments: of the metric.

    Raises:
        ValueError: the name is unknown, or an argument has no valid value.

    Example:
        >>> model.compile("adam", loss="bce", metrics=[get("dice"), get("threshold_jaccard")])
    """
    if name not in _METRICS:
        raise ValueError(unknown_name("metric", name, _METRICS))
    return _METRICS[name](**arguments)
