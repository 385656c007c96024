"""One kernel at several dilations."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int


@keras.saving.register_keras_serializable(package="keras_rau")
class SharedDilation(keras.layers.Layer):
    """Convolve a map with one 3×3 kernel at several dilations; a bias only for the first.

    Source: the scale-aware pyramid fusion of Feng et al., "CPFNet", IEEE Transactions on Medical Imaging 2020.

    Args:
        filters: channels of each result.
        dilations: distances between the kernel's pixels.

    Shape:
        `(B, H, W, C)`, channels last, to a list of `(B, H, W, filters)`, one for each dilation.

    Raises:
        ValueError: `filters` is not a positive whole number.

    Example:
        >>> [x.shape[-1] for x in SharedDilation(8, (1, 2, 4))(keras.Input((16, 16, 3)))]
        [8, 8, 8]
    """

    def __init__(self, filters: int, dilations: Sequence[int] = (1, 2, 4), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.dilations = tuple(positive_int("dilations", dilation) for dilation in dilations)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        shape = (3, 3, input_shape[-1], self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="he_normal")
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, inputs: Any) -> list[Any]:
        """Convolve."""
        kernel = ops.cast(self.kernel, inputs.dtype)
        results = [
            ops.conv(inputs, kernel, padding="same", dilation_rate=dilation, data_format="channels_last")
            for dilation in self.dilations
        ]
        return [results[0] + ops.cast(self.bias, inputs.dtype), *results[1:]]

    def compute_output_shape(self, input_shape: Any) -> list[tuple]:
        """Shapes of the results."""
        return [(*input_shape[:3], self.filters) for _ in self.dilations]

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "filters": self.filters, "dilations": list(self.dilations)}
