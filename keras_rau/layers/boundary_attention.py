"""Boundary attention: look where the coarse prediction is undecided."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import one_of, positive_int
from keras_rau.layers.weighted_refinement import WeightedRefinement


@keras.saving.register_keras_serializable(package="keras_rau")
class BoundaryAttention(WeightedRefinement):
    """Features weighted by how undecided the coarse prediction is, then refined.

    With `p = σ(coarse prediction)` the weight is `1 − |2p − 1|`: 1 where p = 0.5, which is the predicted border, and
    0 where the prediction is certain (`form="uncertainty"`). `form="edge"` takes `|p − mean(p)|` over a square
    window instead, which is large on both sides of a border however steep it is.

    The paper names its module BA-RA without defining it in the parts we have; reading BA as boundary attention and
    these two forms are our interpretation.

    Args:
        filters: channels of the refined features.
        form: `"uncertainty"` or `"edge"`.
        window: side in pixels of the window of the edge form; odd.
        **kwargs: the other arguments of `ReverseAttention` (`depth`, `kernel_size`, `normalization`, `activation`,
            `separable`, `classes`, `gating_is_logits`, `return_logits`, `residual`, `data_format`).

    Call arguments:
        inputs: list `[features (B, H, W, C), gating (B, h, w, G)]`; gating of any size is resized to the features'.

    Returns:
        Features `(B, H, W, filters)`, or the list `[features, logits (B, H, W, classes)]`.

    Raises:
        ValueError: an argument has no valid value, or the inputs are not two 4-D tensors with known channels.

    Example:
        >>> skip, coarse_logits = keras.Input((64, 64, 32)), keras.Input((64, 64, 1))
        >>> BoundaryAttention(16, form="edge")([skip, coarse_logits]).shape
        (None, 64, 64, 16)
    """

    def __init__(self, filters: int, form: str = "uncertainty", window: int = 5, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.form = one_of("form", form, ("uncertainty", "edge"))
        self.window = positive_int("window", window)
        if window % 2 == 0:
            raise ValueError(f"`window` must be odd. Received: window={window}")

    def attention_map(self, probability: Any) -> Any:
        """`1 − |2p − 1|` or `|p − mean(p)|`."""
        if self.form == "uncertainty":
            return 1.0 - ops.abs(2.0 * probability - 1.0)
        inside = self._window_mean(ops.ones_like(probability))
        return ops.abs(probability - self._window_mean(probability) / inside)

    def _window_mean(self, values: Any) -> Any:
        # Padded by hand: backends disagree on whether "same" pooling counts the padding.
        half = self.window // 2
        spatial = [[0, 0], [half, half], [half, half]]
        first = self.data_format == "channels_first"
        padding = [[0, 0], *spatial] if first else [*spatial, [0, 0]]
        padded = ops.pad(values, padding)
        return ops.average_pool(padded, self.window, 1, "valid", self.data_format)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "form": self.form, "window": self.window}
