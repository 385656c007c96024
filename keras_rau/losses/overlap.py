"""Losses of the overlap of two masks: Dice and Tversky."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss


def tversky_index(y_true: Any, y_pred: Any, weights: Any, alpha: float, beta: float, smooth: float) -> Any:
    """`(TP + s) / (TP + α FP + β FN + s)` per image and channel, `(B, N, K)` to `(B, K)`."""
    true_positive = ops.sum(weights * y_true * y_pred, axis=1)
    false_positive = ops.sum(weights * (1 - y_true) * y_pred, axis=1)
    false_negative = ops.sum(weights * y_true * (1 - y_pred), axis=1)
    return (true_positive + smooth) / (true_positive + alpha * false_positive + beta * false_negative + smooth)


def dice_coefficient(y_true: Any, y_pred: Any, weights: Any, smooth: float, squared: bool) -> Any:
    """`(2 TP + s) / (Σp + Σg + s)` per image and channel, or with squares in the denominator."""
    overlap = ops.sum(weights * y_true * y_pred, axis=1)
    if squared:
        y_true, y_pred = ops.square(y_true), ops.square(y_pred)
    return (2 * overlap + smooth) / (ops.sum(weights * (y_true + y_pred), axis=1) + smooth)


class _OverlapLoss(SegmentationLoss):
    """A loss with a smoothing term in numerator and denominator."""

    def __init__(self, smooth: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Without smoothing an empty mask that is predicted empty would be 0/0.
        if smooth <= 0:
            raise ValueError(f"`smooth` must be positive. Received: smooth={smooth}")
        self.smooth = smooth

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "smooth": self.smooth}


@keras.saving.register_keras_serializable(package="keras_rau")
class DiceLoss(_OverlapLoss):
    """One minus the Dice coefficient, per image and then averaged.

    `L = 1 − (2 Σpg + s) / (Σp + Σg + s)`, or with `squared` `Σp² + Σg²` in the denominator (Milletari et al., V-Net,
    3DV 2016). An empty mask predicted empty has loss 0. `keras.losses.Dice` computes one Dice over the whole batch,
    in which small lesions drown, and gives 1 for a batch that is rightly empty.

    Args:
        smooth: s, in pixels; positive.
        squared: the V-Net form.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value count nothing.
        **kwargs: `reduction`, `name`, `dtype` of `keras.losses.Loss`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1].

    Raises:
        ValueError: `smooth` is not positive, or shapes do not fit.

    Example:
        >>> float(DiceLoss(smooth=1e-6)([[[1.0, 0.0]]], [[[1.0, 1.0]]]))
        0.3333333
    """

    def __init__(
        self,
        smooth: float = 1.0,
        squared: bool = False,
        from_logits: bool = False,
        ignore_value: float | None = None,
        name: str = "dice_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(smooth, from_logits=from_logits, ignore_value=ignore_value, name=name, **kwargs)
        self.squared = squared

    def per_image(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """See `dice_coefficient`."""
        return 1 - dice_coefficient(y_true, self.probabilities(y_pred), weights, self.smooth, self.squared)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "squared": self.squared}


@keras.saving.register_keras_serializable(package="keras_rau")
class TverskyLoss(_OverlapLoss):
    """One minus the Tversky index, per image and then averaged.

    `L = 1 − (TP + s) / (TP + α FP + β FN + s)`. **α weighs false positives, β false negatives**, as in Salehi et al.,
    MLMI 2017; other codes use the letters the other way round. α = β = 0.5 is Dice with smoothing `2 s`, α = β = 1 Jaccard.

    Args:
        alpha: weight of false positives.
        beta: weight of false negatives; larger than `alpha` favours sensitivity.
        smooth: s, in pixels; positive.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value count nothing.
        **kwargs: `reduction`, `name`, `dtype` of `keras.losses.Loss`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1].

    Raises:
        ValueError: a weight is negative, `smooth` is not positive, or shapes do not fit.

    Example:
        >>> float(TverskyLoss(alpha=0.3, beta=0.7, smooth=1e-6)([[[1.0, 0.0]]], [[[1.0, 1.0]]]))
        0.23076917
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        from_logits: bool = False,
        ignore_value: float | None = None,
        name: str = "tversky_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(smooth, from_logits=from_logits, ignore_value=ignore_value, name=name, **kwargs)
        if alpha < 0 or beta < 0:
            raise ValueError(f"`alpha` and `beta` must not be negative. Received: alpha={alpha}, beta={beta}")
        self.alpha = alpha
        self.beta = beta

    def per_image(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """See `tversky_index`."""
        index = tversky_index(y_true, self.probabilities(y_pred), weights, self.alpha, self.beta, self.smooth)
        return 1 - index

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}
