"""Resizing inside a model, to a factor or to another tensor's size."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.aligned import resize_aligned
from keras_rau.layers.arguments import boolean, channel_axis, one_of, standardize_data_format

Shape = tuple[int | None, ...]


def resize(inputs: Any, size: tuple[int | None, int | None], like: Any, scale: int, **how: Any) -> Any:
    """Resize to `size`; where that is unknown until run time, to `scale` times the size of `like`."""
    interpolation, data_format = how["interpolation"], how["data_format"]
    shape = tuple(inputs.shape)
    if None not in size and (shape[2:4] if data_format == "channels_first" else shape[1:3]) == size:
        return inputs
    if how.get("align_corners"):
        return resize_aligned(inputs, size, like, scale)
    if None not in size:
        return ops.image.resize(inputs, size, interpolation=interpolation, data_format=data_format)
    # Only TensorFlow traces with unknown sizes, and there keras.ops.image.resize (Keras 3.14 to 3.15) compares
    # the symbolic size with zero and cannot be exported.
    import tensorflow as tf

    first = data_format == "channels_first"
    images = tf.transpose(inputs, (0, 2, 3, 1)) if first else inputs
    target = tf.shape(like)[2:4] if first else tf.shape(like)[1:3]
    resized = tf.cast(tf.image.resize(images, target * scale, method=interpolation), images.dtype)
    return tf.transpose(resized, (0, 3, 1, 2)) if first else resized


@keras.saving.register_keras_serializable(package="keras_rau")
class Upsample(keras.layers.Layer):
    """Resize feature maps by a factor, or to the height and width of a second tensor.

    Half-pixel centres unless `align_corners`, no antialiasing, on every backend. Sizes may be unknown (`None`) when
    the model is built; such models still export to SavedModel, and to TFLite once a size is fixed.

    Args:
        factor: whole number that height and width are multiplied by when the layer is called on one tensor.
            Ignored when it is called on a pair.
        interpolation: `"bilinear"` or `"nearest"`.
        data_format: `"channels_last"` or `"channels_first"`; Keras's default when `None`.
        align_corners: keep the centres of the corner pixels where they are, as many published PyTorch networks do;
            bilinear and channels last only.

    Call arguments:
        inputs: one tensor `(B, H, W, C)`, or a list `[tensor, reference]`; of the reference only the size counts.

    Returns:
        `(B, factor·H, factor·W, C)`, or `(B, H_reference, W_reference, C)`.

    Raises:
        ValueError: `factor` is not a positive whole number, `interpolation` is unknown, or corners cannot be aligned
            with these arguments.

    Example:
        >>> features, skip = keras.Input((15, 15, 32)), keras.Input((31, 29, 16))
        >>> Upsample()([features, skip]).shape
        (None, 31, 29, 32)
    """

    def __init__(
        self,
        factor: int = 2,
        interpolation: str = "bilinear",
        data_format: str | None = None,
        align_corners: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(factor, int) or factor < 1:
            raise ValueError(f"`factor` must be a whole number of at least 1. Received: factor={factor!r}")
        self.factor = factor
        self.interpolation = one_of("interpolation", interpolation, ("bilinear", "nearest"))
        self.data_format = standardize_data_format(data_format)
        self.align_corners = boolean("align_corners", align_corners)
        if align_corners and (interpolation, self.data_format) != ("bilinear", "channels_last"):
            raise ValueError(
                "Corners are aligned with interpolation='bilinear' and data_format='channels_last'. Received: "
                f"interpolation={interpolation!r}, data_format={self.data_format!r}"
            )

    def build(self, input_shape: Any) -> None:
        """Nothing to build."""
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Resize `inputs`."""
        pair = isinstance(inputs, (list, tuple))
        source, like = inputs if pair else (inputs, inputs)
        shape = [tuple(source.shape), tuple(like.shape)] if pair else tuple(source.shape)
        scale = 1 if pair else self.factor
        return resize(
            source,
            self._size(shape),
            like,
            scale,
            interpolation=self.interpolation,
            data_format=self.data_format,
            align_corners=self.align_corners,
        )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Shape of the resized tensor."""
        source = input_shape[0] if _is_pair(input_shape) else input_shape
        height, width = self._size(input_shape)
        if self.data_format == "channels_first":
            return (source[0], source[1], height, width)
        return (source[0], height, width, source[3])

    def _size(self, shape: Any) -> tuple[int | None, int | None]:
        like, scale = (shape[1], 1) if _is_pair(shape) else (shape, self.factor)
        spatial = like[2:4] if channel_axis(self.data_format) == 1 else like[1:3]
        return tuple(None if side is None else side * scale for side in spatial)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "factor": self.factor,
            "interpolation": self.interpolation,
            "data_format": self.data_format,
            "align_corners": self.align_corners,
        }


def _is_pair(shape: Any) -> bool:
    return len(shape) == 2 and isinstance(shape[0], (list, tuple))
