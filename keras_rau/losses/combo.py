"""The combo loss."""

from typing import Any

import keras

from keras_rau.losses.maps import Maps
from keras_rau.losses.overlap import OverlapLoss, dice_coefficient


@keras.saving.register_keras_serializable(package="keras_rau")
class ComboLoss(OverlapLoss):
    """Class-weighted cross-entropy plus Dice.

    `L = α · −mean[β g log p + (1 − β)(1 − g) log(1 − p)] + (1 − α)(1 − (2 Σpg + s) / (Σp + Σg + s))`. Source: Taghanaki et
    al., "Combo loss: Handling input and output imbalance in multi-organ segmentation", CMIG 2019, which subtracts
    `(1 − α) Dice`; we add the constant `1 − α`, so that a perfect mask has loss 0. The gradient is the same. Soft labels
    are fine.

    Args:
        alpha: share of the cross-entropy, in [0, 1].
        beta: in (0, 1); above 0.5 punishes missed lesion more, below it false alarms.
        smooth: s, in pixels; positive.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(ComboLoss(smooth=1e-6)([[[1.0]]], [[[0.5]]]))
        0.3399535
    """

    def __init__(
        self, alpha: float = 0.5, beta: float = 0.5, smooth: float = 1.0, name: str = "combo", **kwargs: Any
    ) -> None:
        super().__init__(smooth, name=name, **kwargs)
        if not 0 <= alpha <= 1 or not 0 < beta < 1:
            raise ValueError(
                f"`alpha` must be in [0, 1] and `beta` between 0 and 1. Received: alpha={alpha}, beta={beta}"
            )
        self.alpha = alpha
        self.beta = beta

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        log_p, log_q = maps.log_probabilities()
        entropy = -maps.mean(self.beta * maps.truth * log_p + (1 - self.beta) * (1 - maps.truth) * log_q)
        return self.alpha * entropy + (1 - self.alpha) * (1 - dice_coefficient(maps, self.smooth))

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}
