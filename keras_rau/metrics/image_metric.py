"""What every metric shares: sums over the pixels of an image, and how images are averaged."""

from typing import Any

import keras
from keras import ops

from keras_rau.pixels import split_weight


def ratio(numerator: Any, denominator: Any) -> Any:
    """`numerator / denominator`, and 1 where both are zero, the rule of the ISIC challenge."""
    empty = ops.equal(denominator, 0)
    return ops.where(empty, ops.ones_like(numerator), numerator / ops.where(empty, 1.0, denominator))


class ImageMetric(keras.metrics.Metric):
    """A value computed from sums over pixels: per image and then averaged, or once from the sums over all images.

    Subclasses implement `statistics`, the sums of every image, and `value`, what follows from them.

    Args:
        sums: shape of the sums of one image.
        values: shape of the value of one image.
        average: `"image"` or `"pooled"`.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted.
        name: name in logs.
        dtype: dtype of the result.
    """

    def __init__(
        self,
        sums: tuple[int, ...],
        values: tuple[int, ...],
        average: str,
        from_logits: bool,
        ignore_value: float | None,
        name: str | None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "float32")
        if average not in ("image", "pooled"):
            raise ValueError(f"`average` must be 'image' or 'pooled'. Received: average={average!r}")
        self.average = average
        self.from_logits = from_logits
        self.ignore_value = ignore_value
        shape = values if average == "image" else sums
        self.total = self.add_weight(name="total", shape=shape, initializer="zeros", dtype="float32")
        self.count = self.add_weight(name="count", initializer="zeros", dtype="float32")

    def statistics(self, y_true: Any, y_pred: Any, pixel_weight: Any) -> Any:
        """Sums over the pixels of every image, `(B, *sums)`."""
        raise NotImplementedError

    def value(self, statistics: Any) -> Any:
        """Value of every image, `(B, *values)`, from `(B, *sums)`."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        amounts = self.statistics(y_true, y_pred, pixel_weight)
        if self.average == "image":
            amounts = self.value(amounts)
        weight = ops.ones(()) if image_weight is None else image_weight
        weight = ops.broadcast_to(weight, (ops.shape(amounts)[0],))
        along_amounts = ops.reshape(weight, (-1,) + (1,) * (len(amounts.shape) - 1))
        self.total.assign_add(ops.sum(along_amounts * amounts, axis=0))
        self.count.assign_add(ops.sum(weight))

    def result(self) -> Any:
        """The mean; 0 before the first image."""
        # JAX demands tensors where the other backends take variables.
        total, count = ops.convert_to_tensor(self.total), ops.convert_to_tensor(self.count)
        if self.average == "image":
            return total / ops.where(count > 0, count, 1.0)
        return ops.where(count > 0, self.value(total[None])[0], 0.0)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "average": self.average,
            "from_logits": self.from_logits,
            "ignore_value": self.ignore_value,
        }
