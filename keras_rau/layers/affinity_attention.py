"""Attention between all positions and between all channels of a map."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int
from keras_rau.layers.blocks import normalization_layer
from keras_rau.layers.learned_scale import LearnedScale


@keras.saving.register_keras_serializable(package="keras_rau")
class AffinityAttention(keras.layers.Layer):
    """Sum of a spatial and a channel attention, each `x + γ · attended`, γ starting at zero.

    Spatial: queries by a 1×3, keys by a 3×1 convolution (normalised, rectified), values by a 1×1; softmax over positions.
    Channels: softmax over `max(X Xᵀ) − X Xᵀ`, row by row, of the map itself.

    Memory grows with the square of H · W: meant for coarse maps.

    Source: Dai et al., "Ms RED", Medical Image Analysis 2022; the channel part after Fu et al., "Dual Attention Network",
    CVPR 2019.

    Args:
        reduction: channels of queries and keys are those of the input divided by this.

    Shape:
        `(B, H, W, C)`, channels last, to the same.

    Raises:
        ValueError: `reduction` is not a positive whole number.

    Example:
        >>> AffinityAttention()(keras.Input((8, 8, 32))).shape
        (None, 8, 8, 32)
    """

    def __init__(self, reduction: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reduction = positive_int("reduction", reduction)

    def build(self, input_shape: Any) -> None:
        """Build the projections."""
        shape = tuple(input_shape)
        narrow = max(shape[-1] // self.reduction, 1)
        shared = {"dtype": self.dtype_policy, "data_format": "channels_last"}
        self.query = keras.layers.Conv2D(narrow, (1, 3), padding="same", name="query", **shared)
        self.key = keras.layers.Conv2D(narrow, (3, 1), padding="same", name="key", **shared)
        self.value = keras.layers.Conv2D(shape[-1], 1, name="value", **shared)
        self.norms = [normalization_layer("batch", narrow, "channels_last") for _ in range(2)]
        self.spatial_scale = LearnedScale(name="spatial_scale", dtype=self.dtype_policy)
        self.channel_scale = LearnedScale(name="channel_scale", dtype=self.dtype_policy)
        for layer in (self.query, self.key, self.value, self.spatial_scale, self.channel_scale):
            layer.build(shape)
        for norm in self.norms:
            norm.dtype_policy = self.dtype_policy
            norm.build((*shape[:3], narrow))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Attend."""
        batch, height, width, channels = (*ops.shape(inputs)[:3], inputs.shape[-1])

        def flat(x: Any) -> Any:
            return ops.reshape(x, (batch, height * width, x.shape[-1]))

        query, key = (
            flat(ops.relu(norm(project(inputs), training=training)))
            for project, norm in zip((self.query, self.key), self.norms, strict=True)
        )
        affinity = ops.softmax(ops.matmul(query, ops.swapaxes(key, 1, 2)))
        spatial = ops.reshape(ops.matmul(affinity, flat(self.value(inputs))), (batch, height, width, channels))
        x = flat(inputs)
        likeness = ops.matmul(ops.swapaxes(x, 1, 2), x)
        affinity = ops.softmax(ops.max(likeness, axis=-1, keepdims=True) - likeness)
        by_channel = ops.reshape(ops.matmul(x, ops.swapaxes(affinity, 1, 2)), (batch, height, width, channels))
        return 2 * inputs + self.spatial_scale(spatial) + self.channel_scale(by_channel)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "reduction": self.reduction}
