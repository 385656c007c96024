"""Convolution blocks that the attention layers and the models are made of."""

from typing import Any

import keras

from keras_rau.layers.arguments import (
    channel_axis,
    one_of,
    positive_int,
    standardize_data_format,
    with_channels,
)

NORMALIZATIONS = ("batch", "group", "instance", None)


def normalization_layer(kind: str | None, channels: int, data_format: str) -> keras.layers.Layer | None:
    """Return the normalisation layer named by `kind`, or `None`."""
    axis = channel_axis(data_format)
    if kind == "batch":
        # Momentum and epsilon of PyTorch, in which the systems we compare with are published; with Keras's 0.99
        # the moving statistics lag behind for hundreds of steps.
        return keras.layers.BatchNormalization(axis=axis, momentum=0.9, epsilon=1e-5)
    if kind == "group":
        groups = max(count for count in range(1, 9) if channels % count == 0)
        return keras.layers.GroupNormalization(groups=groups, axis=axis)
    if kind == "instance":
        return keras.layers.GroupNormalization(groups=-1, axis=axis)
    return None


@keras.saving.register_keras_serializable(package="keras_rau")
class ConvBlock(keras.layers.Layer):
    """`depth` times convolution, normalisation, activation; height and width stay.

    Args:
        filters: channels of the result.
        depth: how many convolutions.
        kernel_size: side of the square kernel.
        normalization: `"batch"`, `"group"`, `"instance"` or `None`.
        activation: name of a Keras activation, or `None`.
        separable: depthwise separable convolutions: about a ninth of the parameters and multiplications.
        data_format: `"channels_last"` or `"channels_first"`; Keras's default when `None`.

    Shape:
        `(B, H, W, C)` to `(B, H, W, filters)`.

    Raises:
        ValueError: an argument has no valid value.

    Example:
        >>> ConvBlock(16)(keras.Input((None, None, 3))).shape
        (None, None, None, 16)
    """

    def __init__(
        self,
        filters: int,
        depth: int = 2,
        kernel_size: int = 3,
        normalization: str | None = "batch",
        activation: str | None = "relu",
        separable: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.depth = positive_int("depth", depth)
        self.kernel_size = positive_int("kernel_size", kernel_size)
        self.normalization = one_of("normalization", normalization, NORMALIZATIONS)
        self.activation = keras.activations.get(activation)
        self.separable = separable
        self.data_format = standardize_data_format(data_format)
        kind = keras.layers.SeparableConv2D if separable else keras.layers.Conv2D
        initializers = (
            {"depthwise_initializer": "he_normal", "pointwise_initializer": "he_normal"}
            if separable
            else {"kernel_initializer": "he_normal"}
        )
        policy = self.dtype_policy
        self.stages = []
        for _ in range(depth):
            convolution = kind(
                filters,
                kernel_size,
                padding="same",
                data_format=self.data_format,
                dtype=policy,
                **initializers,
            )
            normalise = normalization_layer(normalization, filters, self.data_format)
            if normalise is not None:
                normalise.dtype_policy = policy
            activate = keras.layers.Activation(self.activation, dtype=policy)
            self.stages += [layer for layer in (convolution, normalise, activate) if layer is not None]

    def build(self, input_shape: Any) -> None:
        """Build the convolutions one after the other."""
        shape = tuple(input_shape)
        for layer in self.stages:
            layer.build(shape)
            shape = with_channels(shape, self.filters, self.data_format)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Apply the block."""
        for layer in self.stages:
            normalises = isinstance(layer, keras.layers.BatchNormalization)
            inputs = layer(inputs, training=training) if normalises else layer(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the result."""
        return with_channels(tuple(input_shape), self.filters, self.data_format)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "normalization": self.normalization,
            "activation": keras.activations.serialize(self.activation),
            "separable": self.separable,
            "data_format": self.data_format,
        }
