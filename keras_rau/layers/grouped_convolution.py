"""A convolution in as many groups as it has outputs."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int


@keras.saving.register_keras_serializable(package="keras_rau")
class GroupedConvolution(keras.layers.Layer):
    """K outputs, each a convolution of C/K neighbouring channels; with a bias, padded to the same size.

    The same function as a grouped convolution with K groups and K outputs, computed as one convolution a channel and a sum:
    TensorFlow has no gradient of grouped convolutions on the CPU, and TFLite knows depthwise ones.

    Args:
        filters: K, which divides C.
        kernel_size: height and width of the kernel.

    Shape:
        `(B, H, W, C)` to `(B, H, W, K)`.

    Raises:
        ValueError: K does not divide the channels.

    Example:
        >>> GroupedConvolution(4, 5)(keras.ops.ones((1, 8, 8, 16))).shape
        (1, 8, 8, 4)
    """

    def __init__(self, filters: int, kernel_size: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.kernel_size = positive_int("kernel_size", kernel_size)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        channels = input_shape[-1]
        if channels % self.filters:
            raise ValueError(f"`filters` must divide the {channels} channels. Received: filters={self.filters}")
        shape = (self.kernel_size, self.kernel_size, channels, 1)
        # The inputs of an output are the pixels of the kernel times the channels of its group.
        deviation = (2 / (self.kernel_size**2 * channels // self.filters)) ** 0.5
        start = keras.initializers.TruncatedNormal(stddev=deviation)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=start)
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Convolve each channel, sum over the channels of a group, add the bias."""
        each = ops.depthwise_conv(inputs, self.kernel, padding="same", data_format="channels_last")
        size = inputs.shape[-1] // self.filters
        return sum(each[..., place::size] for place in range(size)) + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """`(B, H, W, K)`."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "filters": self.filters, "kernel_size": self.kernel_size}
