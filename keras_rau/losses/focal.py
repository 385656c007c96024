"""The focal loss."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import Maps


@keras.saving.register_keras_serializable(package="keras_rau")
class FocalLoss(SegmentationLoss):
    """Cross-entropy in which pixels that are already right count little.

    `L = −mean[α g (1 − p)^γ log p + (1 − α)(1 − g) p^γ log(1 − p)]`. Source: Lin et al., "Focal Loss for Dense Object
    Detection", ICCV 2017; defaults of the paper. α weighs the lesion. Keras's `BinaryFocalCrossentropy` has the same
    defaults but leaves α out unless `apply_class_balancing=True`; MONAI's leaves it out too. Soft labels mix both terms.

    Args:
        gamma: γ ≥ 0; 0 is (weighted) cross-entropy.
        alpha: α in (0, 1), or `None` for no class weight.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(FocalLoss(gamma=2, alpha=None)([[[1.0]]], [[[0.5]]]))
        0.1732868
    """

    def __init__(self, gamma: float = 2.0, alpha: float | None = 0.25, name: str = "focal", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if gamma < 0:
            raise ValueError(f"`gamma` must not be negative. Received: gamma={gamma}")
        if alpha is not None and not 0 < alpha < 1:
            raise ValueError(f"`alpha` must be between 0 and 1, or None. Received: alpha={alpha}")
        self.gamma = gamma
        self.alpha = alpha

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        log_p, log_q = maps.log_probabilities()
        # Powers as exponentials of stable logarithms: the gradient stays finite at p = 0 and p = 1 for every γ.
        lesion = maps.truth * ops.exp(self.gamma * log_q) * log_p
        skin = (1 - maps.truth) * ops.exp(self.gamma * log_p) * log_q
        if self.alpha is not None:
            lesion, skin = self.alpha * lesion, (1 - self.alpha) * skin
        return -maps.mean(lesion + skin)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "gamma": self.gamma, "alpha": self.alpha}
