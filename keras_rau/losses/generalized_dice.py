"""The generalised Dice loss."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import Maps, class_sums


@keras.saving.register_keras_serializable(package="keras_rau")
class GeneralizedDiceLoss(SegmentationLoss):
    """One minus a Dice over all classes, each weighted by its rarity.

    `L = 1 − (2 Σₖ wₖ Σ pₖ gₖ + s) / (Σₖ wₖ Σ (pₖ + gₖ) + s)`, `wₖ ∝ 1 / (Σ gₖ + s)²` and 1 for the rarest class.
    One channel is scored as two classes, lesion and skin. Source: Sudre et al., "Generalised Dice overlap …",
    DLMIA 2017; there s = 0, and a class that is absent has an infinite weight (MONAI replaces it by the largest of the
    others). An empty mask predicted empty has loss 0.

    Args:
        weighting: `"square"` (`1 / Σg²`, the paper's), `"simple"` (`1 / Σg`) or `"uniform"` (1).
        smooth: s, in pixels; positive.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`. `include_background=False` leaves skin out.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.

    Example:
        >>> float(GeneralizedDiceLoss("uniform", smooth=1e-6)([[[1.0, 0.0]]], [[[1.0, 1.0]]]))
        0.5
    """

    def __init__(
        self, weighting: str = "square", smooth: float = 1.0, name: str = "generalized_dice", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        if weighting not in ("square", "simple", "uniform"):
            raise ValueError(f"`weighting` must be 'square', 'simple' or 'uniform'. Received: weighting={weighting!r}")
        if smooth <= 0:
            raise ValueError(f"`smooth` must be positive. Received: smooth={smooth}")
        self.weighting = weighting
        self.smooth = smooth

    def per_image(self, maps: Maps) -> Any:
        """The formula above, `(B, 1)`."""
        overlap, found, wanted = class_sums(maps)
        if not self.include_background:
            overlap, found, wanted = overlap[:, 1:], found[:, 1:], wanted[:, 1:]
        power = {"square": 2, "simple": 1, "uniform": 0}[self.weighting]
        # Relative to the rarest class: the inverse squares of large areas would vanish in float32.
        s = self.smooth
        weights = ops.power((ops.min(wanted, axis=-1, keepdims=True) + s) / (wanted + s), power)
        overlap = ops.sum(weights * overlap, axis=-1, keepdims=True)
        size = ops.sum(weights * (found + wanted), axis=-1, keepdims=True)
        return 1 - (2 * overlap + s) / (size + s)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "weighting": self.weighting, "smooth": self.smooth}
