"""Logit maps of several outline styles beside a default map."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int


@keras.saving.register_keras_serializable(package="keras_rau")
class StyleMaps(keras.layers.Layer):
    """K logit maps from the features of the default map: `logitsₖ = logits + rate · (dₖ + Dₖ · features)`.

    Each map is a 1×1 convolution of the same features, written as a difference from the default map. The maps start
    `offsets` apart. Optimisers that normalise gradients (Adam and its kin) move the differences `rate` times as fast as the
    other weights; maps that start alike and learn as slowly as the rest stay alike.

    Args:
        styles: K.
        offsets: one number for each map, added to the default logits at the start; zeros when `None`.
        rate: factor of the learning speed of the differences.

    Call arguments:
        inputs: `[features, logits]`, `(B, H, W, C)` and `(B, H, W, 1)`.

    Returns:
        Logits, `(B, H, W, K)`.

    Raises:
        ValueError: an argument has no valid value.

    Example:
        >>> features, logits = keras.Input((32, 32, 16)), keras.Input((32, 32, 1))
        >>> StyleMaps(3, offsets=(-2.0, 1.0, 0.0))([features, logits]).shape
        (None, 32, 32, 3)
    """

    def __init__(self, styles: int, offsets: Sequence[float] | None = None, rate: float = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.styles = positive_int("styles", styles)
        self.offsets = [0.0] * self.styles if offsets is None else [float(number) for number in offsets]
        if len(self.offsets) != self.styles:
            raise ValueError(f"`offsets` must be {styles} numbers, one for each style. Received: offsets={offsets}")
        if not rate > 0:
            raise ValueError(f"`rate` must be positive. Received: rate={rate}")
        self.rate = float(rate)

    def build(self, input_shape: Any) -> None:
        """Make the differences."""
        features, logits = input_shape
        if logits[-1] != 1:
            raise ValueError(f"`StyleMaps` needs one default map. Received: logits of shape {tuple(logits)}")
        self.kernel = self.add_weight(name="kernel", shape=(features[-1], self.styles), initializer="zeros")
        start = [number / self.rate for number in self.offsets]
        self.bias = self.add_weight(name="bias", shape=(self.styles,), initializer="zeros")
        self.bias.assign(start)

    def call(self, inputs: Any) -> Any:
        """Add the differences to the default logits."""
        features, logits = inputs
        return logits + self.rate * (ops.matmul(features, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """`(B, H, W, K)`."""
        return (*input_shape[1][:-1], self.styles)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "styles": self.styles, "offsets": self.offsets, "rate": self.rate}
