"""What every segmentation loss shares: shapes, weights, ignored pixels, reduction, float32."""

from collections.abc import Iterator
from numbers import Real
from typing import Any

import keras
from keras import ops

from keras_rau.losses.maps import Maps, make_maps
from keras_rau.pixel_values import poisoned
from keras_rau.pixels import split_weight

# Arguments that a loss made of others passes on to them.
SHARED = ("from_logits", "average", "activation", "include_background", "ignore_value")


class SegmentationLoss(keras.losses.Loss):
    """A loss with one value per image, averaged over images.

    Subclasses implement `per_image(maps)`, which returns one value per image and class; classes are then averaged.
    Computation is in float32 whatever the inputs are.

    Masks hold 0 and 1 or soft labels between; of several classes one channel of whole numbers 0 to K − 1 does too. Other
    values are an error in eager calls and in TensorFlow graphs; in compiled code that has no errors (XLA, JAX) the loss of
    that image is NaN. So is, everywhere, the loss of a prediction with a NaN in a pixel that counts. Pixels left out by
    `ignore_value` or by a weight of 0 may hold anything, in masks and predictions.

    Args:
        from_logits: `y_pred` holds logits instead of probabilities.
        average: `"image"`, one value per image, averaged over images, so that a small lesion counts as much as a large
            one; or `"batch"`, one value for all pixels of the batch, as `keras.losses.Dice` and others compute it. With
            `"batch"` the value depends on which images share a batch.
        activation: what turns logits into probabilities: `"sigmoid"` (one class, or classes that may overlap),
            `"softmax"` (classes that exclude each other), or `"auto"`: sigmoid for one channel, softmax for several.
        include_background: with several classes, whether channel 0 takes part in the mean over classes.
        ignore_value: pixels whose `y_true` has this value count nothing; may be NaN.
        reduction: `"sum_over_batch_size"` (mean over images), `"mean_with_sample_weight"`, `"sum"` or `None`.
        name: name in logs.
        dtype: dtype of the result; float32 when `None`.
    """

    # Of a pixel's classes exactly one is true, whatever `activation` is.
    exclusive_classes = False
    # A second channel of `y_true` is read as the distance to the border.
    needs_distance = False

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
        for key, value in (("from_logits", from_logits), ("include_background", include_background)):
            # "no" would count as true.
            if not isinstance(value, bool):
                raise ValueError(f"`{key}` must be True or False. Received: {key}={value!r}")
        if ignore_value is not None and (isinstance(ignore_value, bool) or not isinstance(ignore_value, Real)):
            raise ValueError(f"`ignore_value` must be a number or None. Received: ignore_value={ignore_value!r}")
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

    @property
    def reads_distance(self) -> bool:
        """True if a `BoundaryLoss` is part of this loss."""
        return any(part.needs_distance for part in self.parts())

    @property
    def exclusive(self) -> bool:
        """True if a part takes classes that exclude each other."""
        return any(part.exclusive_classes for part in self.parts())

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)` without weights; `(1,)` with `average="batch"`."""
        return self.values(y_true, y_pred)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Reduced loss.

        Args:
            y_true: `(B, H, W)` or `(B, H, W, 1)`, values in [0, 1]; with several classes `(B, H, W, K)` one-hot or
                class numbers `(B, H, W)` or `(B, H, W, 1)`. With one class and a `BoundaryLoss` in this loss a second
                channel holds the signed distance to the border.
            y_pred: `(B, H, W)` or `(B, H, W, K)`, probabilities or logits.
            sample_weight: a number; `(B,)` or `(B, 1)` to weigh images; `(B, H, W)` or `(B, H, W, 1)` to weigh pixels,
                inside the sums.

        Raises:
            ValueError: shapes do not fit, or (eagerly) values are out of range.
        """
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        if self.average == "batch" and image_weight is not None:
            # All images are one: their weights are those of their pixels.
            weight = ops.reshape(image_weight, (-1, 1, 1, 1))
            shape = ops.shape(ops.convert_to_tensor(y_true))[:3]
            image_weight, pixel_weight = None, ops.broadcast_to(weight, (*shape, 1))
        # Keras would multiply per-image losses by per-pixel weights; a Loss whose call knows the weights does not.
        return _Weighted(self, pixel_weight, image_weight)(y_true, y_pred, sample_weight=image_weight)

    def values(self, y_true: Any, y_pred: Any, pixel_weight: Any = None, image_weight: Any = None) -> Any:
        """Loss per image `(B,)`, with pixel weights if any; of weights of images it matters here which are 0."""
        maps = make_maps(self, y_true, y_pred, pixel_weight, image_weight)
        valid = ops.all(maps.valid, keepdims=True) if self.average == "batch" else maps.valid
        return poisoned(valid, self.per_class(maps))

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

    def __init__(self, loss: SegmentationLoss, pixel_weight: Any, image_weight: Any) -> None:
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.loss = loss
        self.weights = pixel_weight, image_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)`."""
        return self.loss.values(y_true, y_pred, *self.weights)
