"""Pixels of each image, stretched over the whole range."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_rau")
class StretchedPixels(keras.layers.Layer):
    """Stretch each image, all channels together, so that its values reach from 0 to 255; one of a single value becomes 0.

    Source: the preparation of images in the code of MALUNet and EGE-UNet, whose division by a data set's deviation cancels
    out.

    Shape:
        `(B, H, W, C)` to the same.

    Example:
        >>> StretchedPixels()(keras.ops.reshape([10.0, 20.0, 30.0], (1, 1, 3, 1)))[0, 0, :, 0]
        array([  0. , 127.5, 255. ], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        """Stretch."""
        # In float32: differences of half-precision pixels are coarse.
        x = ops.cast(inputs, "float32")
        least = ops.min(x, axis=(1, 2, 3), keepdims=True)
        span = ops.max(x, axis=(1, 2, 3), keepdims=True) - least
        return ops.cast((x - least) / ops.where(span > 0, span, 1.0) * 255.0, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config()}
