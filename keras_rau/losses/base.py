"""What every segmentation loss shares: shapes, weights, ignored pixels, float32."""

from typing import Any

import keras
from keras import ops

from keras_rau.pixels import flatten_pixels, split_weight


class SegmentationLoss(keras.losses.Loss):
    """A loss with one value per image, averaged over images.

    Subclasses implement `per_image(y_true, y_pred, weights)`, all three float32 `(B, N, K)`: N pixels, K channels, weights
    broadcastable (1 where neither `sample_weight` nor `ignore_value` says otherwise), and return `(B, K)`; channels are
    then averaged. Computation is in float32 whatever the inputs are.

    Args:
        from_logits: `y_pred` holds logits instead of probabilities.
        ignore_value: pixels whose `y_true` has this value count nothing.
        reduction: `"sum_over_batch_size"` (mean over images), `"mean_with_sample_weight"`, `"sum"` or `None`.
        name: name in logs.
        dtype: dtype of the result; float32 when `None`.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_value: float | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype or "float32")
        self.from_logits = from_logits
        self.ignore_value = ignore_value

    def per_image(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Loss `(B, K)` of `y_true`, `y_pred` `(B, N, K)` with pixel weights `(B, N, 1)`."""
        raise NotImplementedError

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)` without weights."""
        return self.values(y_true, y_pred, None)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Reduced loss.

        Args:
            y_true: `(B, H, W)` or `(B, H, W, K)`, values in [0, 1].
            y_pred: the same shape, probabilities or logits.
            sample_weight: a number; `(B,)` or `(B, 1)` to weigh images; `(B, H, W)` or `(B, H, W, 1)` to weigh pixels,
                inside the sums.

        Raises:
            ValueError: shapes do not fit.
        """
        image_weight, pixel_weight = split_weight(sample_weight, y_true)
        if pixel_weight is None:
            return super().__call__(y_true, y_pred, sample_weight=image_weight)
        # Keras would multiply per-image losses by per-pixel weights; a Loss whose call knows the weights does not.
        weighted = _WithPixelWeights(self, pixel_weight)
        return weighted(y_true, y_pred, sample_weight=image_weight)

    def values(self, y_true: Any, y_pred: Any, pixel_weight: Any) -> Any:
        """Loss per image `(B,)`, with pixel weights if any."""
        y_true, y_pred = flatten_pixels(y_true, "y_true"), flatten_pixels(y_pred, "y_pred")
        _check_shapes(y_true, y_pred)
        weights = (
            ops.ones_like(y_true[..., :1]) if pixel_weight is None else flatten_pixels(pixel_weight, "sample_weight")
        )
        if self.ignore_value is not None:
            kept = ops.cast(ops.not_equal(y_true, self.ignore_value), "float32")
            y_true = y_true * kept
            weights = weights * kept
        return ops.mean(self.per_image(y_true, y_pred, weights), axis=-1)

    def probabilities(self, y_pred: Any) -> Any:
        """Probabilities of `y_pred`, whichever it holds."""
        return ops.sigmoid(y_pred) if self.from_logits else y_pred

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "from_logits": self.from_logits, "ignore_value": self.ignore_value}


class _WithPixelWeights(keras.losses.Loss):
    """One call of `loss` with pixel weights, reduced by Keras as `loss` itself would be."""

    def __init__(self, loss: SegmentationLoss, pixel_weight: Any) -> None:
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.loss = loss
        self.pixel_weight = pixel_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss per image `(B,)`."""
        return self.loss.values(y_true, y_pred, self.pixel_weight)


def _check_shapes(y_true: Any, y_pred: Any) -> None:
    pairs = zip(y_true.shape, y_pred.shape, strict=True)
    if any(one is not None and other is not None and one != other for one, other in pairs):
        raise ValueError(
            "`y_true` and `y_pred` must have the same height, width and channels. Received: flattened shapes "
            f"{tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        )
