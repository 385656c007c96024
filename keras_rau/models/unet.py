"""The U-Net."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_rau.models.plan import Plan, SkipConnection
from keras_rau.models.u_shape import UShape


@keras.saving.register_keras_serializable(package="keras_rau")
class UNet(UShape):
    """U-Net: an encoder of double convolutions and max-pooling, a decoder with concatenated skip connections.

    Source: Ronneberger et al., "U-Net", MICCAI 2015. With the defaults (batch normalisation; nearest upsampling and
    a 3×3 convolution on the way up) it has the 34,527,041 trainable parameters of the version that the tables
    of this field count.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of the stride `2**depth`.
        classes: channels of the mask: 1 for lesion against skin, or K with channel 0 the background.
        width: channels of the first level; each level doubles them.
        depth: number of poolings; with an encoder, of skip connections: its first `depth + 1` feature maps are used.
        normalization: `"batch"`, `"group"`, `"instance"` or `None`.
        activation: name of a Keras activation for all hidden layers.
        upsampling: `"conv"` (nearest, then a 3×3 convolution), `"transpose"` (2×2 transposed convolution) or
            `"bilinear"` (no parameters).
        separable: depthwise separable 3×3 convolutions.
        output_activation: `"auto"` (sigmoid for one class, softmax for several), another Keras activation, or
            `None` for logits.
        deep_supervision: train a side output per decoder level, see `SegmentationModel`.
        side_weights: weight of each side output's loss (coarsest first), or one number for all.
        encoder: name of a network that replaces the path down, one of `keras_rau.models.list_encoders()`; `None` for the
            U-Net's own. Its finest features have stride 2, so that the mask is enlarged twice at the end.
        encoder_weights: `"imagenet"`, the path of a weights file, or `None` for fresh ones.
        dtype: dtype or dtype policy of all layers; Keras's global policy when `None`. Outputs are float32.
        class_names: one name for each channel, for predictions, exports and reports.
        outline_styles: names of the styles of outline that get a map of their own beside the default map, see
            `SegmentationModel`.
        style_offsets: how far the map of each style starts from the default map, in logits.
        conventions: `"keras"`, or `"published"` to scale pixels as the PyTorch version that most papers use, so that its
            checkpoints run here.
        **kwargs: of `keras.Model` (`name`).

    Shape:
        Images `(B, H, W, C)`, plain pixel values in [0, 255] (scaling is inside), to probabilities
        `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        RauError: the encoder's weights cannot be found or read.

    Example:
        >>> model = UNet(input_shape=(None, None, 3), width=8, depth=3)
        >>> model.compile("adam", loss="binary_crossentropy")
        >>> model.fit(images, masks)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        classes: int = 1,
        width: int = 64,
        depth: int = 4,
        normalization: str | None = "batch",
        activation: str = "relu",
        upsampling: str = "conv",
        separable: bool = False,
        output_activation: str | None = "auto",
        deep_supervision: bool = False,
        side_weights: float | Sequence[float] = 0.25,
        encoder: str | None = None,
        encoder_weights: str | None = None,
        dtype: Any = None,
        class_names: Sequence[str] | None = None,
        outline_styles: Sequence[str] | None = None,
        style_offsets: Sequence[float] | None = None,
        conventions: str = "keras",
        **kwargs: Any,
    ) -> None:
        options = {
            "input_shape": input_shape,
            "classes": classes,
            "width": width,
            "depth": depth,
            "normalization": normalization,
            "activation": activation,
            "upsampling": upsampling,
            "separable": separable,
            "output_activation": output_activation,
            "deep_supervision": deep_supervision,
            "side_weights": side_weights,
            "encoder": encoder,
            "encoder_weights": encoder_weights,
            "dtype": dtype,
            "class_names": class_names,
            "outline_styles": outline_styles,
            "style_offsets": style_offsets,
            "conventions": conventions,
        }
        super().__init__(_plain, {}, {**options, **kwargs})


def _plain(_plan: Plan) -> SkipConnection:
    return lambda skip, below, up, filters, level: (skip, None)
