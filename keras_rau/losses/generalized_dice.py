"""The generalised Dice loss."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import Maps


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
        p, g = maps.probability(), maps.truth
        overlap, found, wanted = maps.total(p * g), maps.total(p), maps.total(g)
        if maps.classes == 1 and self.include_background:
            # What is not lesion follows from the sums of the lesion and the number of pixels.
            pixels = maps.total(ops.ones_like(g))
            overlap, found, wanted = (
                ops.concatenate([lesion, skin], axis=-1)
                for lesion, skin in (
                    (overlap, pixels - found - wanted + overlap),
                    (found, pixels - found),
                    (wanted, pixels - wanted),
                )
            )
        elif not self.include_background:
            overlap, found, wanted = (v[:, 1:] if maps.classes > 1 else v for v in (overlap, found, wanted))
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
