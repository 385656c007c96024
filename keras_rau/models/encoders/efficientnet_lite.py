"""EfficientNet-Lite0: an encoder without squeeze-excitation and swish, made for quantised phones."""

from typing import Any

import keras

# Repeats, kernel, stride of the first, expansion, channels. Lite variants scale neither the stem nor the head.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_EPSILON = 1e-3
# The published training averages batch statistics slowly: for a fine-tuning of some thousand steps 0.99 would forget the
# start, and 0.9 follows the new images.
_MOMENTUM = 0.9


def efficientnet_lite0(image: Any, shared: dict[str, Any] | None = None) -> list[Any]:
    """Feature maps of EfficientNet-Lite0 without its classification head.

    Source: Tan & Le, "EfficientNet", ICML 2019; the Lite variant of the TensorFlow TPU models (2020): no
    squeeze-excitation, ReLU6 for swish, stem and head not scaled. 2,958,848 trainable parameters, of which the stages up to
    stride 16 hold 700,768.

    Args:
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255]; they are scaled to `(x - 127) / 128` inside.
        shared: further arguments of every layer, such as `dtype`.

    Returns:
        Keras tensors at strides 2, 4, 8, 16 and 32 with 16, 24, 40, 112 and 320 channels.

    Example:
        >>> image = keras.Input((192, 192, 3))
        >>> keras.Model(image, efficientnet_lite0(image)).output_shape[-1]
        (None, 6, 6, 320)
    """
    shared = shared or {}
    x = keras.layers.Rescaling(1 / 128, -127 / 128, name="encoder_scaling", **shared)(image)
    x = _convolve(x, 32, 3, 2, "encoder_stem", shared)
    features = []
    number = 0
    for repeats, kernel, first_stride, expansion, filters in _STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            if stride == 2:
                features.append(x)
            x = _block(x, filters, kernel, stride, expansion, f"encoder_block_{number}", shared)
            number += 1
    return [*features, x]


def _block(x: Any, filters: int, kernel: int, stride: int, expansion: int, name: str, shared: dict[str, Any]) -> Any:
    """Inverted residual: widen, filter each channel, project."""
    channels = x.shape[-1]
    y = x if expansion == 1 else _convolve(x, channels * expansion, 1, 1, f"{name}_expand", shared)
    y = keras.layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_depthwise", **shared)(y)
    y = _normalise(y, f"{name}_depthwise", shared)
    y = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu", **shared)(y)
    y = _convolve(y, filters, 1, 1, f"{name}_project", shared, activate=False)
    if stride == 1 and channels == filters:
        y = keras.layers.Add(name=f"{name}_add", **shared)([x, y])
    return y


def _convolve(
    x: Any, filters: int, kernel: int, stride: int, name: str, shared: dict[str, Any], activate: bool = True
) -> Any:
    x = keras.layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=name, **shared)(x)
    x = _normalise(x, name, shared)
    return keras.layers.ReLU(6.0, name=f"{name}_relu", **shared)(x) if activate else x


def _normalise(x: Any, name: str, shared: dict[str, Any]) -> Any:
    return keras.layers.BatchNormalization(momentum=_MOMENTUM, epsilon=_EPSILON, name=f"{name}_norm", **shared)(x)
