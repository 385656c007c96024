"""Losses of the overlap of two masks: Dice, Jaccard, Tversky, focal Tversky."""

from dataclasses import replace
from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import Maps, safe_power


def tversky_index(maps: Maps, alpha: float, beta: float, smooth: float) -> Any:
    """`(TP + s) / (TP + α FP + β FN + s)`, `(B, K)`."""
    probability = maps.probability()
    overlap = maps.total(maps.truth * probability)
    false_positive = maps.total(probability) - overlap
    false_negative = maps.total(maps.truth) - overlap
    return (overlap + smooth) / (overlap + alpha * false_positive + beta * false_negative + smooth)


def dice_coefficient(maps: Maps, smooth: float, squared: bool = False) -> Any:
    """`(2 Σpg + s) / (Σp + Σg + s)`, or with squares in the denominator, `(B, K)`."""
    probability = maps.probability()
    overlap = maps.total(maps.truth * probability)
    if squared:
        size = maps.total(ops.square(probability) + ops.square(maps.truth))
    else:
        size = maps.total(probability) + maps.total(maps.truth)
    return (2 * overlap + smooth) / (size + smooth)


class OverlapLoss(SegmentationLoss):
    """A loss with a smoothing term s in numerator and denominator, so that empty against empty is 0."""

    def __init__(self, smooth: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Without smoothing an empty mask that is predicted empty would be 0/0.
        if smooth <= 0:
            raise ValueError(f"`smooth` must be positive. Received: smooth={smooth}")
        self.smooth = smooth

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "smooth": self.smooth}


@keras.saving.register_keras_serializable(package="keras_rau")
class DiceLoss(OverlapLoss):
    """One minus the Dice coefficient.

    `L = 1 − (2 Σpg + s) / (Σp + Σg + s)`, or with `squared` `Σp² + Σg²` in the denominator (Milletari et al., V-Net,
    3DV 2016). An empty mask predicted empty has loss 0. `keras.losses.Dice` computes one Dice over the whole batch,
    in which small lesions drown, and gives 1 for a batch that is rightly empty; segmentation_models_pytorch sums
    over the batch too; MONAI is per image with s = 1e-5. Soft labels are fine; the minimum is then not at p = g.

    Args:
        smooth: s, in pixels; positive.
        squared: the V-Net form.
        both_classes: of one class, average its Dice with that of what is not lesion, as losses over the classes of a
            softmax do.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

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
        both_classes: bool = False,
        name: str = "dice_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(smooth, name=name, **kwargs)
        if not isinstance(both_classes, bool):
            raise ValueError(f"`both_classes` must be True or False. Received: both_classes={both_classes!r}")
        self.squared, self.both_classes = squared, both_classes

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        dice = dice_coefficient(maps, self.smooth, self.squared)
        if self.both_classes and maps.truth.shape[-1] == 1:
            rest = replace(maps, truth=1 - maps.truth, prediction=1 - maps.probability(), activation=None)
            dice = (dice + dice_coefficient(rest, self.smooth, self.squared)) / 2
        return 1 - dice

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "squared": self.squared, "both_classes": self.both_classes}


@keras.saving.register_keras_serializable(package="keras_rau")
class JaccardLoss(OverlapLoss):
    """One minus the soft Jaccard index (intersection over union).

    `L = 1 − (Σpg + s) / (Σp + Σg − Σpg + s)`. With J the index and s = 0, `Dice = 2 J / (1 + J)`: both order masks
    alike, Jaccard punishes large errors more. segmentation_models_pytorch computes it over the batch. Soft labels are
    fine; the minimum is then not at p = g.

    Args:
        smooth: s, in pixels; positive.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: `smooth` is not positive, or shapes do not fit.

    Example:
        >>> float(JaccardLoss(smooth=1e-6)([[[1.0, 0.0]]], [[[1.0, 1.0]]]))
        0.4999998
    """

    def __init__(self, smooth: float = 1.0, name: str = "jaccard_loss", **kwargs: Any) -> None:
        super().__init__(smooth, name=name, **kwargs)

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        return 1 - tversky_index(maps, 1.0, 1.0, self.smooth)


@keras.saving.register_keras_serializable(package="keras_rau")
class TverskyLoss(OverlapLoss):
    """One minus the Tversky index.

    `L = 1 − (TP + s) / (TP + α FP + β FN + s)`. **α weighs false positives, β false negatives**, as in Salehi et al.,
    MLMI 2017, MONAI and segmentation_models_pytorch. Abraham and Khan and keras-unet-collection use α for false
    negatives; so does `keras.losses.Tversky` (measured with 3.15.1), whose documentation says the opposite. α = β = 0.5 is
    Dice with smoothing `2 s`, α = β = 1 Jaccard.

    Args:
        alpha: weight of false positives.
        beta: weight of false negatives; larger than `alpha` favours sensitivity.
        smooth: s, in pixels; positive.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: a weight is negative, `smooth` is not positive, or shapes do not fit.

    Example:
        >>> float(TverskyLoss(alpha=0.3, beta=0.7, smooth=1e-6)([[[1.0, 0.0]]], [[[1.0, 1.0]]]))
        0.23076917
    """

    def __init__(
        self, alpha: float = 0.3, beta: float = 0.7, smooth: float = 1.0, name: str = "tversky_loss", **kwargs: Any
    ) -> None:
        super().__init__(smooth, name=name, **kwargs)
        if alpha < 0 or beta < 0:
            raise ValueError(f"`alpha` and `beta` must not be negative. Received: alpha={alpha}, beta={beta}")
        self.alpha = alpha
        self.beta = beta

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        return 1 - tversky_index(maps, self.alpha, self.beta, self.smooth)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}


@keras.saving.register_keras_serializable(package="keras_rau")
class FocalTverskyLoss(TverskyLoss):
    """The Tversky loss raised to a power, which turns attention to images that are still badly segmented.

    `L = (1 − TI)^(1/γ)` with TI the index of `TverskyLoss`. Source: Abraham and Khan, "A Novel Focal Tversky Loss
    Function", ISBI 2019, whose γ = 4/3 and weights (0.7 on false negatives, 0.3 on false positives) are the defaults; their
    code computes it over the whole batch. Its gradient at TI = 1 is taken as 0; by the formula it would be infinite.

    Args:
        gamma: γ in [1, 3]; 1 is the Tversky loss.
        alpha: weight of false positives.
        beta: weight of false negatives.
        smooth: s, in pixels; positive.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(FocalTverskyLoss(gamma=2, alpha=1, beta=1, smooth=1e-6)([[[1.0, 0.0, 0.0, 0.0]]], [[[1.0] * 4]]))
        0.8660253
    """

    def __init__(
        self,
        gamma: float = 4 / 3,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        name: str = "focal_tversky",
        **kwargs: Any,
    ) -> None:
        super().__init__(alpha, beta, smooth, name=name, **kwargs)
        if not 1 <= gamma <= 3:
            raise ValueError(f"`gamma` must be in [1, 3]. Received: gamma={gamma}")
        self.gamma = gamma

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        return safe_power(super().per_image(maps), 1 / self.gamma)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "gamma": self.gamma}
