"""What every metric shares: sums over the pixels of an image, and how images are averaged."""

from typing import Any

import keras
from keras import ops

from keras_rau.keras_internals import set_direction
from keras_rau.metrics.inputs import Pixels, lesion_pixels
from keras_rau.pixel_values import poisoned
from keras_rau.pixels import split_weight


def ratio(numerator: Any, denominator: Any) -> Any:
    """`numerator / denominator`, and 1 where both are zero, the rule of the ISIC challenge."""
    empty = ops.equal(denominator, 0)
    ones = ops.ones_like(denominator)
    return ops.where(empty, ones, numerator / ops.where(empty, ones, denominator))


class ImageMetric(keras.metrics.Metric):
    """A value computed from sums over pixels: per image and then averaged, or once from the sums over all images.

    Subclasses implement `statistics`, the sums of every image, and `value`, what follows from them.

    Masks hold 0 and 1; soft labels of 0.5 and more are 1. Other values, probabilities outside [0, 1] and NaN make the result
    NaN until `reset_state`; an eager call also warns which values were found, and a TensorFlow graph fails with that, but for
    NaN in predictions. Pixels left out by `ignore_value` or by a weight of 0 may hold anything.

    Args:
        sums: shape of the sums of one image.
        values: shape of the value of one image.
        average: `"image"` or `"pooled"`.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted; may be NaN.
        target: `"mask"`, or `"distance"` where `y_true` may bring the distance map of a boundary loss as second channel,
            which is not read.
        name: name in logs.
        dtype: dtype of the result.
    """

    # For callbacks with mode="auto".
    higher_is_better = True

    def __init__(
        self,
        sums: tuple[int, ...],
        values: tuple[int, ...],
        average: str,
        from_logits: bool,
        ignore_value: float | None,
        target: str,
        name: str | None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "float32")
        set_direction(self, self.higher_is_better)
        if average not in ("image", "pooled"):
            raise ValueError(f"`average` must be 'image' or 'pooled'. Received: average={average!r}")
        if target not in ("mask", "distance"):
            raise ValueError(f"`target` must be 'mask' or 'distance'. Received: target={target!r}")
        self.average = average
        self.from_logits = from_logits
        self.ignore_value = ignore_value
        self.target = target
        shape = values if average == "image" else sums
        self.total = self.add_weight(name="total", shape=shape, initializer="zeros", dtype="float32")
        self.count = self.add_weight(name="count", initializer="zeros", dtype="float32")

    def pixels(self, y_true: Any, y_pred: Any, pixel_weight: Any = None, image_weight: Any = None) -> Pixels:
        """Pixels that the sums are taken over."""
        return lesion_pixels(self, y_true, y_pred, pixel_weight, image_weight)

    def statistics(self, pixels: Pixels) -> Any:
        """Sums over the pixels of every image, `(B, *sums)`."""
        raise NotImplementedError

    def value(self, statistics: Any) -> Any:
        """Value of every image, `(B, *values)`, from `(B, *sums)`."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch.

        Raises:
            ValueError: shapes do not fit.
        """
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        pixels = self.pixels(y_true, y_pred, pixel_weight, image_weight)
        amounts = self.statistics(pixels)
        if self.average == "image":
            amounts = self.value(amounts)
        weight = ops.ones((), "float32") if image_weight is None else image_weight
        weight = ops.broadcast_to(weight, (ops.shape(amounts)[0],))
        along_amounts = ops.reshape(weight, (-1,) + (1,) * (len(amounts.shape) - 1))
        self.total.assign_add(ops.sum(along_amounts * amounts, axis=0))
        # One NaN here makes the result NaN, whatever is computed from the sums.
        self.count.assign_add(ops.sum(poisoned(pixels.valid, weight)))

    def result(self) -> Any:
        """Return the mean; 0 before the first image, NaN after one whose mask or prediction held impossible values."""
        # JAX demands tensors where the other backends take variables.
        total, count = ops.convert_to_tensor(self.total), ops.convert_to_tensor(self.count)
        if self.average == "image":
            found = total / ops.where(count > 0, count, ops.ones_like(count))
        else:
            found = self.value(total[None])[0]
            found = ops.where(count > 0, found, ops.zeros_like(found))
        return ops.where(ops.isnan(count), count, found)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "average": self.average,
            "from_logits": self.from_logits,
            "ignore_value": self.ignore_value,
            "target": self.target,
        }
