"""What every segmentation loss shares: shapes, weights, ignored pixels, reduction, float32."""

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from keras_rau.losses.maps import Maps, make_maps
from keras_rau.pixels import split_weight

# Arguments that a loss made of others passes on to them.
SHARED = ("from_logits", "average", "activation", "include_background", "ignore_value")


class SegmentationLoss(keras.losses.Loss):
    """A loss with one value per image, averaged over images.

    Subclasses implement `per_image(maps)`, which returns one value per image and class; classes are then averaged.
    Computation is in float32 whatever the inputs are.

    Args:
        from_logits: `y_pred` holds logits instead of probabilities.
        average: `"image"`, one value per image, averaged over images, so that a small lesion counts as much as a large
            one; or `"batch"`, one value for all pixels of the batch, as `keras.losses.Dice` and others compute it. With
            `"batch"` the value depends on which images share a batch.
        activation: what turns logits into probabilities: `"sigmoid"` (one class, or classes that may overlap),
            `"softmax"` (classes that exclude each other), or `"auto"`: sigmoid for one channel, softmax for several.
        include_background: with several classes, whether channel 0 takes part in the mean over classes.
        ignore_value: pixels whose `y_true` has this value count nothing.
        reduction: `"sum_over_batch_size"` (mean over images), `"mean_with_sample_weight"`, `"sum"` or `None`.
        name: name in logs.
        dtype: dtype of the result; float32 when `None`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        average: str = "image",
        activation: str = "auto",
        include_background: bool = True,
        ignore_value: float | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype or "float32")
        if average not in ("image", "batch"):
            raise ValueError(f"`average` must be 'image' or 'batch'. Received: average={average!r}")
        if activation not in ("auto", "sigmoid", "softmax"):
            raise ValueError(
                f"`activation` must be 'auto', 'sigmoid' or 'softmax'. Received: activation={activation!r}"
            )
        self.from_logits = from_logits
        self.average = average
        self.activation = activation
        self.include_background = include_background
        self.ignore_value = ignore_value

    def per_image(self, maps: Maps) -> Any:
        """Loss `(B, K)` or `(B, 1)`; `(1, …)` when `maps` sums over the batch."""
        raise NotImplementedError

    def parts(self) -> Iterator["SegmentationLoss"]:
        """This loss and all those it is made of."""
        yield self

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)` without weights; `(1,)` with `average="batch"`."""
        return self.values(y_true, y_pred, None)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Reduced loss.

        Args:
            y_true: `(B, H, W)` or `(B, H, W, 1)`, values in [0, 1]; with several classes `(B, H, W, K)` one-hot or
                class numbers `(B, H, W)` or `(B, H, W, 1)`. With one class a second channel may hold the signed
                distance to the border, which only `BoundaryLoss` reads.
            y_pred: `(B, H, W)` or `(B, H, W, K)`, probabilities or logits.
            sample_weight: a number; `(B,)` or `(B, 1)` to weigh images; `(B, H, W)` or `(B, H, W, 1)` to weigh pixels,
                inside the sums.

        Raises:
            ValueError: shapes do not fit.
        """
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        if self.average == "batch" and image_weight is not None:
            # All images are one: their weights are those of their pixels.
            weight = ops.reshape(image_weight, (-1, 1, 1, 1))
            shape = ops.shape(ops.convert_to_tensor(y_true))[:3]
            image_weight, pixel_weight = None, ops.broadcast_to(weight, (*shape, 1))
        # Keras would multiply per-image losses by per-pixel weights; a Loss whose call knows the weights does not.
        return _Weighted(self, pixel_weight)(y_true, y_pred, sample_weight=image_weight)

    def values(self, y_true: Any, y_pred: Any, pixel_weight: Any) -> Any:
        """Loss per image `(B,)`, with pixel weights if any."""
        over_batch = self.average == "batch"
        maps = make_maps(y_true, y_pred, pixel_weight, self.from_logits, self.activation, self.ignore_value, over_batch)
        return self.per_class(maps)

    def per_class(self, maps: Maps) -> Any:
        """Mean over classes of `per_image`, `(B,)`."""
        values = self.per_image(maps)
        if values.shape[-1] > 1 and not self.include_background:
            values = values[:, 1:]
        return ops.mean(values, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), **{name: getattr(self, name) for name in SHARED}}


class _Weighted(keras.losses.Loss):
    """One call of `loss` with pixel weights, reduced by Keras as `loss` itself would be."""

    def __init__(self, loss: SegmentationLoss, pixel_weight: Any) -> None:
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.loss = loss
        self.pixel_weight = pixel_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)`."""
        return self.loss.values(y_true, y_pred, self.pixel_weight)
