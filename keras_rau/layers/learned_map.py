"""A learned map that is brought to any size."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import boolean, positive_int
from keras_rau.layers.upsample import resize


@keras.saving.register_keras_serializable(package="keras_rau")
class LearnedMap(keras.layers.Layer):
    """A trainable tensor, resized bilinearly to the height and width of what the layer is called on; it starts as ones.

    With `height` or `width` 1 it varies along the other side alone and is left so for broadcasting.

    Source: the learnable tensors of Ruan et al., "EGE-UNet", MICCAI 2023.

    Args:
        height: rows of the tensor.
        width: its columns.
        align_corners: keep the centres of the corner pixels where they are, as the source does.

    Shape:
        `(B, H, W, C)`, channels last, to `(1, H, W, C)`; H or W stays 1 where the tensor's is.

    Raises:
        ValueError: a side is not a positive whole number.

    Example:
        >>> LearnedMap(8, 1)(keras.Input((32, 24, 6))).shape
        (1, 32, 1, 6)
    """

    def __init__(self, height: int, width: int, align_corners: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height = positive_int("height", height)
        self.width = positive_int("width", width)
        self.align_corners = boolean("align_corners", align_corners)

    def build(self, input_shape: Any) -> None:
        """Make the tensor."""
        self.values = self.add_weight(
            name="values", shape=(1, self.height, self.width, input_shape[-1]), initializer="ones"
        )

    def call(self, inputs: Any) -> Any:
        """Resize the tensor."""
        rows = inputs if self.height > 1 else inputs[:, :1]
        like = rows if self.width > 1 else rows[:, :, :1]
        size = tuple(like.shape[1:3])
        values = ops.cast(self.values, inputs.dtype)
        how = {"interpolation": "bilinear", "data_format": "channels_last", "align_corners": self.align_corners}
        return resize(values, size, like, 1, **how)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the map."""
        _, height, width, channels = input_shape
        return (1, height if self.height > 1 else 1, width if self.width > 1 else 1, channels)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "height": self.height, "width": self.width, "align_corners": self.align_corners}
