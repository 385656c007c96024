"""Pooling weighted by exponentials."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int


@keras.saving.register_keras_serializable(package="keras_rau")
class SoftPooling2D(keras.layers.Layer):
    """Mean of `size` × `size` pixels, each weighted by `eˣ`: between average and maximum pooling.

    Source: Stergiou et al., "Refining activation downsampling with SoftPool", ICCV 2021. Exponentials are taken of the
    difference to the window's maximum, so that half precision does not overflow.

    Args:
        size: side and stride of the window; what does not fill one at the far side is left out.

    Shape:
        `(B, H, W, C)`, channels last, to `(B, H // size, W // size, C)`.

    Raises:
        ValueError: `size` is not a positive whole number.

    Example:
        >>> SoftPooling2D(2)(keras.Input((16, 16, 8))).shape
        (None, 8, 8, 8)
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = positive_int("size", size)

    def call(self, inputs: Any) -> Any:
        """Pool."""
        # The window's pixels as `size²` maps of the result's size, by strided slices: shapes may be unknown.
        height, width = (ops.shape(inputs)[axis] // self.size * self.size for axis in (1, 2))
        parts = [
            inputs[:, row : height : self.size, column : width : self.size]
            for row in range(self.size)
            for column in range(self.size)
        ]
        highest = parts[0]
        for part in parts[1:]:
            highest = ops.maximum(highest, part)
        weights = [ops.exp(part - highest) for part in parts]
        total = sum(weights[1:], weights[0])
        # Divided before they are summed: the sum of what is weighted could overflow, too.
        weighted = [weight / total * part for weight, part in zip(weights, parts, strict=True)]
        return sum(weighted[1:], weighted[0])

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the pooled map."""
        sides = [None if side is None else side // self.size for side in input_shape[1:3]]
        return (input_shape[0], *sides, input_shape[3])

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "size": self.size}
