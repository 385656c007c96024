"""Metrics over all thresholds of the lesion probability, from one histogram of it per image."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau.metrics.image_metric import ImageMetric, ratio
from keras_rau.metrics.inputs import Pixels, histogram


class _HistogramMetric(ImageMetric):
    """A value that follows from how many lesion and background pixels lie between neighbouring thresholds."""

    def __init__(self, num_thresholds: int, values: tuple[int, ...], *arguments: Any) -> None:
        if num_thresholds < 1:
            raise ValueError(f"`num_thresholds` must be at least 1. Received: num_thresholds={num_thresholds}")
        super().__init__((num_thresholds + 1, 2), values, *arguments)
        self.num_thresholds = num_thresholds

    def statistics(self, pixels: Pixels) -> Any:
        """Lesion and background pixels in every bin, `(B, bins, 2)`."""
        truth, weights = pixels.truth, pixels.weights
        classes = ops.stack([weights * truth, weights * (1 - truth)], axis=-1)
        return histogram(classes, pixels.prediction, self.num_thresholds + 1)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "num_thresholds": self.num_thresholds}


def _at_least(statistics: Any) -> Any:
    """Pixels in every bin or above, `(B, bins, 2)`."""
    return ops.sum(statistics, axis=1, keepdims=True) - ops.cumsum(statistics, axis=1) + statistics


@keras.saving.register_keras_serializable(package="keras_rau")
class AUC(_HistogramMetric):
    """Area under the ROC curve or the precision-recall curve of the lesion probability.

    `"roc"`: the share of pairs of a lesion and a background pixel in which the lesion pixel has the higher probability,
    pairs within a bin counting one half; that is the area under the ROC curve (Fawcett, Pattern Recognition Letters 2006, §7).
    `"pr"`: average precision `Σ (Rₙ − Rₙ₋₁) Pₙ`, as in scikit-learn. Joining precisions by straight lines, as the
    trapezoid rule does, would be too optimistic (Davis & Goadrich, ICML 2006).

    Both equal scikit-learn's values for probabilities rounded down to the bins. **An image of one class only** has no pair
    to rank, and 0/0 is 1 as everywhere here: ROC is 1 without lesion and without background, PR is 1 without lesion (and,
    by its formula, without background). scikit-learn gives NaN or 0 there; `keras.metrics.AUC` pools all images.

    Args:
        curve: `"roc"` or `"pr"`.
        average: `"image"` for the mean over images, `"pooled"` for one curve of all pixels of all images.
        num_thresholds: how many thresholds, at `k / (num_thresholds + 1)`.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted; may be NaN.
        target: `"mask"`, or `"distance"` where `y_true` may bring the distance map of a boundary loss as second channel.
        name: name in logs; `"roc_auc"` or `"pr_auc"` when `None`.
        dtype: dtype of the result.

    Call arguments:
        As of `SegmentationMetric`, with one channel in `y_pred`.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.

    Example:
        >>> metric = AUC()
        >>> metric.update_state([[[1.0, 1.0, 0.0, 0.0]]], [[[0.9, 0.4, 0.6, 0.1]]])
        >>> float(metric.result())
        0.75
    """

    def __init__(
        self,
        curve: str = "roc",
        average: str = "image",
        num_thresholds: int = 200,
        from_logits: bool = False,
        ignore_value: float | None = None,
        target: str = "mask",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if curve not in ("roc", "pr"):
            raise ValueError(f"`curve` must be 'roc' or 'pr'. Received: curve={curve!r}")
        name = name or f"{curve}_auc"
        super().__init__(num_thresholds, (), average, from_logits, ignore_value, target, name, dtype)
        self.curve = curve

    def value(self, statistics: Any) -> Any:
        """Area of every image."""
        at_least = _at_least(statistics)
        # Shares first: products of counts would leave the precision of float32.
        share = statistics / ops.maximum(at_least[:, :1], 1e-12)
        if self.curve == "pr":
            precision = ratio(at_least[..., 0], at_least[..., 0] + at_least[..., 1])
            area = ops.sum(share[..., 0] * precision, axis=1)
            defined = at_least[:, 0, 0] > 0
        else:
            higher = _at_least(share)[..., 0] - share[..., 0] / 2
            area = ops.sum(share[..., 1] * higher, axis=1)
            defined = ops.logical_and(at_least[:, 0, 0] > 0, at_least[:, 0, 1] > 0)
        return ops.where(defined, area, ops.ones_like(area))

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "curve": self.curve}


@keras.saving.register_keras_serializable(package="keras_rau")
class ThresholdSweep(_HistogramMetric):
    """Best mean Dice over thresholds, and which threshold gives it.

    For every threshold t a pixel is lesion where its probability is at least t; the Dice of every image is averaged over
    images, and the result is the largest of these means. Choose the threshold on validation data and keep it for the
    test data: the best threshold of the test data itself flatters.

    Args:
        num_thresholds: how many thresholds, at `k / (num_thresholds + 1)`; 99 are 0.01, 0.02, …, 0.99.
        average: `"image"` for the mean Dice over images, `"pooled"` for the Dice of the counts of all images.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted; may be NaN.
        target: `"mask"`, or `"distance"` where `y_true` may bring the distance map of a boundary loss as second channel.
        name: name in logs.
        dtype: dtype of the result.

    Call arguments:
        As of `SegmentationMetric`, with one channel in `y_pred`.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.

    Example:
        >>> metric = ThresholdSweep(num_thresholds=9)
        >>> metric.update_state([[[1.0, 1.0, 0.0]]], [[[0.95, 0.35, 0.15]]])
        >>> float(metric.result()), metric.best_threshold()
        (1.0, 0.3)
    """

    def __init__(
        self,
        num_thresholds: int = 99,
        average: str = "image",
        from_logits: bool = False,
        ignore_value: float | None = None,
        target: str = "mask",
        name: str = "best_dice",
        dtype: Any = None,
    ) -> None:
        super().__init__(num_thresholds, (num_thresholds,), average, from_logits, ignore_value, target, name, dtype)

    def value(self, statistics: Any) -> Any:
        """Dice of every image at every threshold."""
        # The first bin begins at 0, which is no threshold.
        found = _at_least(statistics)[:, 1:]
        lesion = ops.sum(statistics[..., 0], axis=1, keepdims=True)
        return ratio(2 * found[..., 0], found[..., 0] + found[..., 1] + lesion)

    def result(self) -> Any:
        """Return the largest mean Dice; 0 before the first image, NaN after a mask or prediction of impossible values."""
        curve = super().result()
        # The maximum of NaNs is none on some backends.
        return ops.where(ops.isnan(curve[0]), curve[0], ops.max(curve))

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Thresholds and the mean Dice at each."""
        thresholds = np.arange(1, self.num_thresholds + 1) / (self.num_thresholds + 1)
        return thresholds, ops.convert_to_numpy(super().result())

    def best_threshold(self) -> float:
        """The threshold with the largest mean Dice; of several, the one nearest to 0.5; NaN where Dice is."""
        thresholds, dice = self.curve()
        if np.isnan(dice).any():
            return float("nan")
        # Means of float32 that should be equal may differ in their last digit.
        best = thresholds[dice >= dice.max() - 1e-6]
        return float(best[np.argmin(np.abs(best - 0.5))])
