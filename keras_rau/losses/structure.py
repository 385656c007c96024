"""PraNet's structure loss."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.crossentropy import pixel_crossentropy
from keras_rau.losses.maps import Maps


def box_mean(values: Any, window: int) -> Any:
    """Mean over a square window, zeros outside counted, `(B, H, W, K)`.

    By cumulative sums, whose cost does not depend on the window; exact for masks of 0 and 1.
    """
    half = window // 2
    for axis in (1, 2):
        padding = [[0, 0]] * 4
        padding[axis] = [half + 1, half]
        sums = ops.cumsum(ops.pad(values, padding), axis=axis)
        values = sums[:, window:] - sums[:, :-window] if axis == 1 else sums[:, :, window:] - sums[:, :, :-window]
    return values / window**2


@keras.saving.register_keras_serializable(package="keras_rau")
class StructureLoss(SegmentationLoss):
    """Cross-entropy plus Jaccard, in both of which pixels near the border weigh more.

    With `w = 1 + f |boxmean(g) − g|`, the mean over a window of 31×31 pixels with zeros outside the image,

        L = Σ w bce / Σ w + 1 − (Σ w p g + s) / (Σ w (p + g) − Σ w p g + s)

    Source: Fan et al., "PraNet", MICCAI 2020 (after Wei et al., F³Net, AAAI 2020). PraNet's published code passes a
    deprecated argument that makes the first term a plain mean of the cross-entropy; `collapsed=True` is that form.
    With `average="batch"` all sums run over the batch; the source is per image. Soft labels are fine.

    Args:
        window: side of the window in pixels; odd.
        factor: f ≥ 0.
        smooth: s, in (weighted) pixels; positive.
        collapsed: the cross-entropy of the published code.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: an argument is out of range, or shapes do not fit.

    Example:
        >>> float(StructureLoss(factor=0.0)([[[1.0]]], [[[0.5]]]))
        0.9431472
    """

    def __init__(
        self,
        window: int = 31,
        factor: float = 5.0,
        smooth: float = 1.0,
        collapsed: bool = False,
        name: str = "structure",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if not isinstance(window, int) or window < 1 or window % 2 == 0:
            raise ValueError(f"`window` must be an odd whole number. Received: window={window}")
        if factor < 0 or smooth <= 0:
            raise ValueError(
                f"`factor` must not be negative, `smooth` must be positive. Received: factor={factor}, smooth={smooth}"
            )
        self.window = window
        self.factor = factor
        self.smooth = smooth
        self.collapsed = collapsed

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        p, g = maps.probability(), maps.truth
        border = 1 + self.factor * ops.abs(box_mean(g, self.window) - g)
        entropy = pixel_crossentropy(maps, g)
        if self.collapsed:
            first = maps.mean(entropy)
        else:
            first = maps.total(border * entropy) / ops.maximum(maps.total(border), keras.config.epsilon())
        overlap = maps.total(border * p * g)
        union = maps.total(border * (p + g)) - overlap
        return first + 1 - (overlap + self.smooth) / (union + self.smooth)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        names = ("window", "factor", "smooth", "collapsed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
