"""What every segmentation metric shares: counts per image, and how they are averaged."""

from typing import Any

import keras
from keras import ops

from keras_rau.pixels import flatten_pixels, split_weight


def ratio(numerator: Any, denominator: Any) -> Any:
    """`numerator / denominator`, and 1 where both are zero, the rule of the ISIC challenge."""
    empty = ops.equal(denominator, 0)
    return ops.where(empty, ops.ones_like(numerator), numerator / ops.where(empty, 1.0, denominator))


class SegmentationMetric(keras.metrics.Metric):
    """A ratio of the counts of true and false positives and negatives.

    Averaged per image, whatever the batch size and however short the last batch (`average="image"`), or of the counts
    summed over all pixels of all images (`average="pooled"`). Subclasses implement `score(tp, fp, fn, tn)`.

    Args:
        average: `"image"` or `"pooled"`.
        threshold: a pixel is lesion where its probability is at least this.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted.
        name: name in logs.
        dtype: dtype of the result.

    Call arguments:
        y_true: `(B, H, W)` or `(B, H, W, 1)`, 0 or 1.
        y_pred: the same shape.
        sample_weight: a number, `(B,)` or `(B, 1)` to weigh images in the mean, `(B, H, W)` or `(B, H, W, 1)` to
            weigh pixels in the counts.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.
    """

    def __init__(
        self,
        average: str = "image",
        threshold: float = 0.5,
        from_logits: bool = False,
        ignore_value: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "float32")
        if average not in ("image", "pooled"):
            raise ValueError(f"`average` must be 'image' or 'pooled'. Received: average={average!r}")
        if not 0 < threshold < 1:
            raise ValueError(f"`threshold` must be between 0 and 1. Received: threshold={threshold}")
        self.average = average
        self.threshold = threshold
        self.from_logits = from_logits
        self.ignore_value = ignore_value
        if average == "image":
            self.total = self.add_weight(name="total", initializer="zeros", dtype="float32")
            self.count = self.add_weight(name="count", initializer="zeros", dtype="float32")
        else:
            self.pooled = self.add_weight(name="pooled", shape=(4,), initializer="zeros", dtype="float32")

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """The metric, from counts of any equal shape."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        counts = self._counts(y_true, y_pred, pixel_weight)
        image_weight = ops.ones_like(counts[0]) * (1.0 if image_weight is None else image_weight)
        if self.average == "image":
            self.total.assign_add(ops.sum(image_weight * self.score(*counts)))
            self.count.assign_add(ops.sum(image_weight))
            return
        self.pooled.assign_add(ops.stack([ops.sum(image_weight * count) for count in counts]))

    def result(self) -> Any:
        """The mean; 0 before the first image."""
        if self.average == "image":
            count = ops.convert_to_tensor(self.count)
            return ops.convert_to_tensor(self.total) / ops.where(count > 0, count, 1.0)
        pooled = ops.convert_to_tensor(self.pooled)
        return ops.where(ops.sum(pooled) > 0, self.score(*(pooled[index] for index in range(4))), 0.0)

    def _counts(self, y_true: Any, y_pred: Any, pixel_weight: Any) -> tuple[Any, Any, Any, Any]:
        y_true, y_pred = flatten_pixels(y_true, "y_true"), flatten_pixels(y_pred, "y_pred")
        if y_pred.shape[-1] != 1 or y_true.shape[-1] != 1:
            raise ValueError(
                f"Metric {self.name!r} takes one channel. Received: {y_true.shape[-1]} in y_true, {y_pred.shape[-1]} in y_pred"
            )
        weights = ops.ones_like(y_true) if pixel_weight is None else flatten_pixels(pixel_weight, "sample_weight")
        if self.ignore_value is not None:
            weights = weights * ops.cast(ops.not_equal(y_true, self.ignore_value), "float32")
        probability = ops.sigmoid(y_pred) if self.from_logits else y_pred
        truth = ops.cast(y_true >= 0.5, "float32")
        found = ops.cast(probability >= self.threshold, "float32")
        both = ops.sum(weights * truth * found, axis=(1, 2))
        only_found = ops.sum(weights * found, axis=(1, 2)) - both
        only_truth = ops.sum(weights * truth, axis=(1, 2)) - both
        neither = ops.sum(weights, axis=(1, 2)) - both - only_found - only_truth
        return both, only_found, only_truth, neither

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "average": self.average,
            "threshold": self.threshold,
            "from_logits": self.from_logits,
            "ignore_value": self.ignore_value,
        }
