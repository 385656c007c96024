"""Attention to a learned memory."""

import random
from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int


@keras.saving.register_keras_serializable(package="keras_rau")
class ExternalAttention(keras.layers.Layer):
    """Pixels attend to a learned memory: `V · norm(softmax(K x))`.

    Weights are normalised twice: by a softmax over the positions, and to a sum of 1 over the memory. The cost grows with H · W
    alone.

    Source: Guo et al., "Beyond Self-attention: External Attention using Two Linear Layers", 2021.

    Args:
        memory: entries of the memory are the channels of the input times this.

    Shape:
        `(B, H, W, C)`, channels last, to the same.

    Raises:
        ValueError: `memory` is not a positive whole number.

    Example:
        >>> ExternalAttention()(keras.Input((16, 16, 24))).shape
        (None, 16, 16, 24)
    """

    def __init__(self, memory: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.memory = positive_int("memory", memory)

    def build(self, input_shape: Any) -> None:
        """Make both memories; the second starts as the transpose of the first."""
        channels = input_shape[-1]
        entries = channels * self.memory
        # Keras draws its seeds so, too.
        start = keras.initializers.RandomNormal(stddev=(2 / entries) ** 0.5, seed=random.randrange(2**31))
        self.keys = self.add_weight(name="keys", shape=(channels, entries), initializer=start)
        self.values = self.add_weight(
            name="values",
            shape=(entries, channels),
            initializer=lambda shape, dtype=None: ops.transpose(start(shape[::-1], dtype=dtype)),
        )

    def call(self, inputs: Any) -> Any:
        """Attend."""
        shape = ops.shape(inputs)
        x = ops.reshape(inputs, (shape[0], shape[1] * shape[2], inputs.shape[-1]))
        # In float32: a softmax over all positions has values too small for half precision.
        weights = ops.softmax(ops.cast(ops.matmul(x, ops.cast(self.keys, x.dtype)), "float32"), axis=1)
        weights = weights / (ops.sum(weights, axis=-1, keepdims=True) + 1e-9)
        return ops.reshape(ops.matmul(ops.cast(weights, x.dtype), ops.cast(self.values, x.dtype)), shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "memory": self.memory}
