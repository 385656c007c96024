"""Binary cross-entropy."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss


def binary_crossentropy(y_true: Any, y_pred: Any, weights: Any, from_logits: bool) -> Any:
    """Weighted mean over pixels of `−g log p − (1 − g) log(1 − p)`, `(B, N, K)` to `(B, K)`."""
    if from_logits:
        # softplus(z) − g z, written so that no exponential overflows.
        values = ops.relu(y_pred) - y_pred * y_true + ops.log1p(ops.exp(-ops.abs(y_pred)))
    else:
        small = keras.config.epsilon()
        p = ops.clip(y_pred, small, 1 - small)
        values = -(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p))
    total = ops.sum(weights * ops.ones_like(values), axis=1)
    return ops.sum(weights * values, axis=1) / ops.maximum(total, keras.config.epsilon())


@keras.saving.register_keras_serializable(package="keras_rau")
class BinaryCrossentropy(SegmentationLoss):
    """Binary cross-entropy, per image and then averaged.

    `L = −mean[g log p + (1 − g) log(1 − p)]` over the pixels of an image; with pixel weights a weighted mean. Keras's own
    averages over all pixels of the batch, which is the same when images have one size and no pixel weights.

    Args:
        label_smoothing: in [0, 1): labels become `g (1 − s) + s / 2`.
        from_logits: `y_pred` holds logits; stable up to any size.
        ignore_value: pixels whose `y_true` has this value count nothing.
        **kwargs: `reduction`, `name`, `dtype` of `keras.losses.Loss`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1].

    Raises:
        ValueError: `label_smoothing` is out of range, or shapes do not fit.

    Example:
        >>> float(BinaryCrossentropy()([[[1.0]]], [[[0.5]]]))
        0.6931472
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        from_logits: bool = False,
        ignore_value: float | None = None,
        name: str = "bce",
        **kwargs: Any,
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_value=ignore_value, name=name, **kwargs)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"`label_smoothing` must be in [0, 1). Received: label_smoothing={label_smoothing}")
        self.label_smoothing = label_smoothing

    def per_image(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """See `binary_crossentropy`."""
        smooth = self.label_smoothing
        labels = y_true * (1 - smooth) + smooth / 2 if smooth else y_true
        return binary_crossentropy(labels, y_pred, weights, self.from_logits)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
