"""Metrics of the confusion counts, with the official ISIC rule that a ratio 0/0 is 1."""

from typing import Any

import keras
from keras import ops

from keras_rau.metrics.base import SegmentationMetric
from keras_rau.metrics.image_metric import ratio


def _register(cls: type) -> type:
    return keras.saving.register_keras_serializable(package="keras_rau")(cls)


@_register
class DiceScore(SegmentationMetric):
    """Dice, `2 TP / (2 TP + FP + FN)`; arguments of `SegmentationMetric`.

    Example:
        >>> metric = DiceScore()
        >>> metric.update_state([[[1.0, 0.0]]], [[[0.9, 0.8]]])
        >>> float(metric.result())
        0.6666667
    """

    def __init__(self, name: str = "dice", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Dice."""
        return ratio(2 * tp, 2 * tp + fp + fn)


@_register
class IoU(SegmentationMetric):
    """Intersection over union of the lesion (Jaccard), `TP / (TP + FP + FN)`; arguments of `SegmentationMetric`."""

    def __init__(self, name: str = "iou", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """IoU."""
        return ratio(tp, tp + fp + fn)


@_register
class MeanIoU(SegmentationMetric):
    """Mean of the IoU of lesion and of background, the paper's mIoU; arguments of `SegmentationMetric`.

    With several classes the mean of the IoU of all classes, the background always among them.
    """

    def __init__(self, name: str = "miou", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Mean of both IoUs."""
        return (ratio(tp, tp + fp + fn) + ratio(tn, tn + fp + fn)) / 2

    def score_classes(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Mean of the IoU of all classes."""
        return ops.mean(ratio(tp, tp + fp + fn), axis=-1)


@_register
class ThresholdJaccard(SegmentationMetric):
    """IoU, counted as 0 below 0.65: the ranking of the ISIC 2018 challenge; arguments of `SegmentationMetric`.

    Args:
        minimum: IoU below which an image scores 0.
        **kwargs: see `SegmentationMetric`.
    """

    def __init__(self, minimum: float = 0.65, name: str = "threshold_jaccard", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.minimum = minimum

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """IoU or 0."""
        iou = ratio(tp, tp + fp + fn)
        return ops.where(iou >= self.minimum, iou, ops.zeros_like(iou))

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "minimum": self.minimum}


@_register
class Accuracy(SegmentationMetric):
    """Share of pixels that are right, `(TP + TN) / all`; arguments of `SegmentationMetric`.

    With several classes too: the share of pixels that are given their class, the background always counted.
    """

    def __init__(self, name: str = "accuracy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Accuracy."""
        return ratio(tp + tn, tp + tn + fp + fn)

    def score_classes(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Share of pixels in their class."""
        return ratio(ops.sum(tp, axis=-1), (tp + fp + fn + tn)[:, 0])


@_register
class Sensitivity(SegmentationMetric):
    """Share of the lesion that is found, `TP / (TP + FN)`; arguments of `SegmentationMetric`."""

    def __init__(self, name: str = "sensitivity", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Sensitivity."""
        return ratio(tp, tp + fn)


@_register
class Specificity(SegmentationMetric):
    """Share of the skin that is left alone, `TN / (TN + FP)`; arguments of `SegmentationMetric`."""

    def __init__(self, name: str = "specificity", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Specificity."""
        return ratio(tn, tn + fp)


@_register
class Precision(SegmentationMetric):
    """Share of what is found that is lesion, `TP / (TP + FP)`; arguments of `SegmentationMetric`.

    An image in which nothing is found scores 1, whether there is a lesion or not: read it beside the sensitivity.
    """

    def __init__(self, name: str = "precision", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """Precision."""
        return ratio(tp, tp + fp)
