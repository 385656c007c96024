"""The unified focal loss."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.maps import Maps, class_sums, safe_power
from keras_rau.losses.overlap import OverlapLoss


@keras.saving.register_keras_serializable(package="keras_rau")
class UnifiedFocalLoss(OverlapLoss):
    """A focal cross-entropy plus a focal Tversky loss with shared parameters.

    With p₁ the lesion's probability, p₀ = 1 − p₁, and for each class c
    `Tc = (TP + s) / (TP + δ FN + (1 − δ) FP + s)`:

        symmetric:   F = −mean[δ (1 − p₁)^γ g₁ log p₁ + (1 − δ)(1 − p₀)^γ g₀ log p₀]
                     T = mean over classes of (1 − Tc)^(1 − γ)
        asymmetric:  the factor (1 − p)^γ in F only on the skin, the power 1 − γ in T only on the lesion
        L = w T + (1 − w) F

    Source: Yeung et al., "Unified Focal loss", CMIG 2022, after its published code with the defaults of the combined loss
    (w = 0.5, δ = 0.6, γ = 0.5). The paper's text writes F with the exponent 1 − γ; at γ = 0.5 both agree. MONAI's version
    has δ = 0.7 and takes no single channel. With several channels channel 0 is the skin.

    Args:
        weight: w, in [0, 1].
        delta: δ, in (0, 1); above 0.5 favours sensitivity.
        gamma: γ, in [0, 1).
        asymmetric: the asymmetric form.
        smooth: s, in pixels; positive (the code's is 1e-7).
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(UnifiedFocalLoss(weight=0.0, gamma=0.0)([[[1.0]]], [[[0.5]]]))
        0.4158883
    """

    def __init__(
        self,
        weight: float = 0.5,
        delta: float = 0.6,
        gamma: float = 0.5,
        asymmetric: bool = True,
        smooth: float = 1e-6,
        name: str = "unified_focal",
        **kwargs: Any,
    ) -> None:
        super().__init__(smooth, name=name, **kwargs)
        if not 0 <= weight <= 1 or not 0 < delta < 1 or not 0 <= gamma < 1:
            raise ValueError(
                "`weight` must be in [0, 1], `delta` between 0 and 1 and `gamma` in [0, 1). "
                f"Received: weight={weight}, delta={delta}, gamma={gamma}"
            )
        self.weight = weight
        self.delta = delta
        self.gamma = gamma
        self.asymmetric = asymmetric

    def per_image(self, maps: Maps) -> Any:
        """The formula above, `(B, 1)`."""
        return self.weight * self._tversky(maps) + (1 - self.weight) * self._focal(maps)

    def _focal(self, maps: Maps) -> Any:
        g, (log_p, log_q) = maps.truth, maps.log_probabilities()
        # Powers as exponentials of logarithms: their gradients are finite, and they are faster.
        if maps.classes == 1:
            lesion, skin = g * log_p, (1 - g) * log_q * ops.exp(self.gamma * log_p)
            if not self.asymmetric:
                lesion *= ops.exp(self.gamma * log_q)
        else:
            modulated = g * log_p * ops.exp(self.gamma * log_q)
            skin, lesion = modulated[..., :1], (g * log_p if self.asymmetric else modulated)[..., 1:]
            lesion = ops.sum(lesion, axis=-1, keepdims=True)
        return -maps.mean(self.delta * lesion + (1 - self.delta) * skin)

    def _tversky(self, maps: Maps) -> Any:
        overlap, found, wanted = class_sums(maps)
        missed, false, s = wanted - overlap, found - overlap, self.smooth
        loss = 1 - (overlap + s) / (overlap + self.delta * missed + (1 - self.delta) * false + s)
        # Differences of large sums may end just below zero.
        loss = ops.maximum(loss, 0.0)
        focal = safe_power(loss, 1 - self.gamma)
        if self.asymmetric:
            focal = ops.concatenate([loss[:, :1], focal[:, 1:]], axis=-1)
        return ops.mean(focal, axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        names = ("weight", "delta", "gamma", "asymmetric")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
