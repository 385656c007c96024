"""From pixels to what a pretrained encoder was trained on."""

from typing import Any

import keras
from keras import ops

# (reverse the channels, mean, standard deviation) of pixels in [0, 255]
_WAYS: dict[str, tuple[bool, tuple[float, ...], tuple[float, ...]]] = {
    "tf": (False, (127.5,) * 3, (127.5,) * 3),
    "torch": (False, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "caffe": (True, (103.939, 116.779, 123.68), (1.0,) * 3),
}


@keras.saving.register_keras_serializable(package="keras_rau")
class PixelScaling(keras.layers.Layer):
    """Scale RGB pixels as `keras.applications` does for its ImageNet weights.

    Args:
        mode: `"tf"`: to [-1, 1]; `"torch"`: mean 0 and deviation 1 over ImageNet; `"caffe"`: BGR without its mean.
        **kwargs: of `keras.layers.Layer`.

    Shape:
        `(B, H, W, 3)` in [0, 255] to the same shape.

    Raises:
        ValueError: the mode is unknown, or the images have other than three channels.

    Example:
        >>> PixelScaling("tf")(255 * keras.ops.ones((1, 1, 1, 3)))[0, 0, 0, 0]
        1.0
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in _WAYS:
            raise ValueError(f"`mode` must be one of {', '.join(_WAYS)}. Received: mode={mode!r}")
        self.mode = mode

    def build(self, input_shape: Any) -> None:
        """Check the channels."""
        if input_shape[-1] != 3:
            raise ValueError(
                "This encoder scales red, green and blue by figures of their own: images must have three channels. "
                f"Received: an image shape of {tuple(input_shape[1:])}"
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Scale."""
        reverse, mean, deviation = _WAYS[self.mode]
        x = ops.flip(inputs, axis=-1) if reverse else inputs
        return (x - ops.convert_to_tensor(mean, x.dtype)) / ops.convert_to_tensor(deviation, x.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mode": self.mode}
