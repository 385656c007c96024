"""Cross-entropies: binary, weighted, categorical."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import SMALLEST, Maps


def pixel_crossentropy(maps: Maps, labels: Any) -> Any:
    """`−g log p − (1 − g) log(1 − p)` of every pixel and class, for labels g, `(B, H, W, K)`."""
    if maps.activation != "sigmoid":
        log_p, log_q = maps.log_probabilities()
        return -(labels * log_p + (1 - labels) * log_q)
    # relu(z) − g z + log(1 + e^−|z|): no exponential overflows, and the gradient at z = 0 is right.
    z = maps.prediction
    positive = z >= 0
    return ops.where(positive, z, 0.0) - z * labels + ops.log1p(ops.exp(ops.where(positive, -z, z)))


def _checked_smoothing(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"`label_smoothing` must be in [0, 1). Received: label_smoothing={value}")
    return value


def _checked_weights(weights: Sequence[float] | None) -> list[float] | None:
    if weights is None:
        return None
    weights = [float(weight) for weight in weights]
    if min(weights) < 0:
        raise ValueError(f"`class_weight` must not be negative. Received: class_weight={weights}")
    return weights


@keras.saving.register_keras_serializable(package="keras_rau")
class BinaryCrossentropy(SegmentationLoss):
    """Binary cross-entropy.

    `L = −mean[w₁ g log p + w₀ (1 − g) log(1 − p)]` over the pixels of an image; with pixel weights a weighted mean. Keras's
    own averages over all pixels of the batch, which is the same when images have one size and no pixel weights. The
    mean is divided by the number of pixels, not by the sum of class weights. Soft labels are fine.

    Args:
        label_smoothing: s in [0, 1): labels become `g (1 − s) + s / 2`.
        class_weight: `(w₀, w₁)` of skin and lesion; `(1, 1)` when `None`.
        **kwargs: of `SegmentationLoss`: `from_logits`, `average`, `activation`, `include_background`, `ignore_value`,
            `reduction`, `name`, `dtype`. Several channels are scored one by one, each against the rest.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(BinaryCrossentropy()([[[1.0]]], [[[0.5]]]))
        0.6931472
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        class_weight: Sequence[float] | None = None,
        name: str = "bce",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing = _checked_smoothing(label_smoothing)
        self.class_weight = _checked_weights(class_weight)
        if self.class_weight is not None and len(self.class_weight) != 2:
            raise ValueError(f"`class_weight` is (skin, lesion). Received: class_weight={class_weight}")

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        smooth = self.label_smoothing
        labels = maps.truth * (1 - smooth) + smooth / 2 if smooth else maps.truth
        if self.class_weight is None:
            return maps.mean(pixel_crossentropy(maps, labels))
        log_p, log_q = maps.log_probabilities()
        skin, lesion = self.class_weight
        return -maps.mean(lesion * labels * log_p + skin * (1 - labels) * log_q)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        own = {"label_smoothing": self.label_smoothing, "class_weight": self.class_weight}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_rau")
class WeightedBinaryCrossentropy(SegmentationLoss):
    """Binary cross-entropy in which the lesion weighs more, by a number or by its rarity.

    `L = −mean[w g log p + (1 − g) log(1 − p)]` with a number w, as the skin lesion network AS-Net (Hu et al., ESWA 2022)
    is trained (w = 2.5 in unofficial code). With `positive_weight=None`
    `L = −mean[β g log p + (1 − β)(1 − g) log(1 − p)]`, β the share of skin in the image: the class-balanced form of Xie and
    Tu, "Holistically-Nested Edge Detection", ICCV 2015; lesion and skin then weigh the same in total. In an image without
    lesion β = 1 and the loss is 0, whatever is predicted. Soft labels are fine.

    Args:
        positive_weight: w, or `None` for the balanced form.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: the weight is not positive, or shapes do not fit.

    Example:
        >>> float(WeightedBinaryCrossentropy(2.5)([[[1.0]]], [[[0.5]]]))
        1.732868
    """

    def __init__(self, positive_weight: float | None = 2.5, name: str = "weighted_bce", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if positive_weight is not None and positive_weight <= 0:
            raise ValueError(f"`positive_weight` must be positive. Received: positive_weight={positive_weight}")
        self.positive_weight = positive_weight

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        log_p, log_q = maps.log_probabilities()
        lesion, skin = maps.mean(maps.truth * log_p), maps.mean((1 - maps.truth) * log_q)
        if self.positive_weight is not None:
            return -(self.positive_weight * lesion + skin)
        share = maps.mean(maps.truth)
        return -((1 - share) * lesion + share * skin)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "positive_weight": self.positive_weight}


@keras.saving.register_keras_serializable(package="keras_rau")
class CategoricalCrossentropy(SegmentationLoss):
    """Cross-entropy of several classes that exclude each other.

    `L = −mean Σₖ wₖ gₖ log pₖ` over the pixels of an image, divided by the number of pixels. Labels are one-hot or class
    numbers; soft labels are fine. `include_background=False` leaves the terms of class 0 out.

    Args:
        label_smoothing: s in [0, 1): labels become `g (1 − s) + s / K`.
        class_weight: one number per class; all 1 when `None`.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_pred` `(B, H, W, K)` with K > 1; `y_true` the same or `(B, H, W)`; see `SegmentationLoss`.

    Raises:
        ValueError: there is one channel only, an argument is out of range, or shapes do not fit.

    Example:
        >>> float(CategoricalCrossentropy()([[[2]]], [[[[0.25, 0.25, 0.5]]]]))
        0.6931472
    """

    exclusive_classes = True

    def __init__(
        self,
        label_smoothing: float = 0.0,
        class_weight: Sequence[float] | None = None,
        name: str = "cce",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing = _checked_smoothing(label_smoothing)
        self.class_weight = _checked_weights(class_weight)

    def per_image(self, maps: Maps) -> Any:
        """The formula above, `(B, 1)`."""
        if self.class_weight is not None and len(self.class_weight) != maps.classes:
            raise ValueError(
                f"`class_weight` must have one number for each of the {maps.classes} classes. "
                f"Received: class_weight={self.class_weight}"
            )
        smooth = self.label_smoothing
        labels = maps.truth * (1 - smooth) + smooth / maps.classes if smooth else maps.truth
        if maps.activation == "softmax":
            log_p = ops.log_softmax(maps.prediction, axis=-1)
        elif maps.activation == "sigmoid":
            log_p = -ops.softplus(-maps.prediction)
        else:
            log_p = ops.log(ops.clip(maps.prediction, SMALLEST, 1.0))
        weights = [1.0] * maps.classes if self.class_weight is None else list(self.class_weight)
        if not self.include_background:
            weights[0] = 0.0
        return -maps.mean(ops.sum(ops.convert_to_tensor(weights, "float32") * labels * log_p, axis=-1, keepdims=True))

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        own = {"label_smoothing": self.label_smoothing, "class_weight": self.class_weight}
        return {**super().get_config(), **own}
