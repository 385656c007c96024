"""Whether a lesion probability means what it says."""

from typing import Any

import keras
from keras import ops

from keras_rau.metrics.image_metric import ImageMetric
from keras_rau.metrics.inputs import Pixels, histogram


@keras.saving.register_keras_serializable(package="keras_rau")
class ExpectedCalibrationError(ImageMetric):
    """Mean distance between the lesion probability and the share of lesion among pixels of that probability.

    `ECE = Σ_b n_b / N · |mean p in b − share of lesion in b|` over bins b of equal width (Naeini et al., AAAI 2015).
    0 is perfect, smaller is better, and a model that always predicts the share of lesion has 0 too: read it beside Dice.

    Guo et al., ICML 2017, use the **confidence form**: bins of `max(p, 1 − p)`, compared with the share of pixels that are
    right. It folds p and 1 − p into one bin, so that a lesion probability too low at 0.2 and one too low at 0.8 cancel: the
    one is overconfident in skin, the other underconfident in lesion. Here they do not.

    Args:
        bins: how many bins, `[k / bins, (k + 1) / bins)`; the last holds 1 too.
        average: `"pooled"` for the bins of all pixels of all images, `"image"` for the mean of the errors of the images.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted; may be NaN.
        target: `"mask"`, or `"distance"` where `y_true` may bring the distance map of a boundary loss as second channel.
        name: name in logs.
        dtype: dtype of the result.

    Call arguments:
        As of `SegmentationMetric`, with one channel in `y_pred`. An image without a counted pixel has no error, 0.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.

    Example:
        >>> metric = ExpectedCalibrationError()
        >>> metric.update_state([[[1.0, 0.0, 0.0, 0.0]]], [[[0.75, 0.75, 0.0, 0.0]]])
        >>> float(metric.result())
        0.125
    """

    higher_is_better = False

    def __init__(
        self,
        bins: int = 15,
        average: str = "pooled",
        from_logits: bool = False,
        ignore_value: float | None = None,
        target: str = "mask",
        name: str = "ece",
        dtype: Any = None,
    ) -> None:
        if bins < 1:
            raise ValueError(f"`bins` must be at least 1. Received: bins={bins}")
        super().__init__((bins, 2), (), average, from_logits, ignore_value, target, name, dtype)
        self.bins = bins

    def statistics(self, pixels: Pixels) -> Any:
        """Sums of p − g and of 1 in every bin, `(B, bins, 2)`."""
        gaps = pixels.weights * (pixels.prediction - pixels.truth)
        return histogram(ops.stack([gaps, pixels.weights], axis=-1), pixels.prediction, self.bins)

    def value(self, statistics: Any) -> Any:
        """Error of every image: n_b and N cancel against the means."""
        gap = ops.sum(ops.abs(statistics[..., 0]), axis=1)
        pixels = ops.sum(statistics[..., 1], axis=1)
        return gap / ops.where(pixels > 0, pixels, ops.ones_like(pixels))

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "bins": self.bins}
