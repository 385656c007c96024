"""MALUNet."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.external_attention import ExternalAttention
from keras_rau.models.light import convolve, decode_level, encode
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System


@keras.saving.register_keras_serializable(package="keras_rau")
class MALUNet(System):
    """MALUNet: a U-Net of at most 64 channels with four kinds of attention.

    Source: Ruan et al., "MALUNet: A Multi-Attention and Light-weight UNet for Skin Lesion Segmentation", BIBM 2022.

        encoder: 8, 16 and 24 channels by 3×3 convolutions; 32, 48 and 64 by external attention, then dilated gated
            attention (quarters of the channels through depthwise 3×3 of dilations 7, 5, 2, 1; 1×1; a gated unit of
            depthwise convolutions); each level: group normalisation, max-pooling, GELU
        bridge on all five skip connections: one 7×7 convolution of dilation 3 over mean and maximum of the channels,
            then weights of the channels from the means of all levels; each added to what it weighs
        decoder: dilated gated attention, external attention (3×3 convolutions in the two finest), twice as large, +
            skip

    177,943 trainable parameters at one class. Published loss: cross-entropy plus Dice, here `"compound"`.

    Deviations, which `conventions="published"` takes back: half-pixel centres, where the source aligns corners; plain scaling
    of pixels to [-1, 1], where the source stretches each image to [0, 255] (before it resizes it; here after).

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        **options: see `keras_rau.models.system.Frame`; there are no side outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> MALUNet(input_shape=(128, 128, 3)).output.shape
        (None, 128, 128, 1)
    """

    def __init__(self, input_shape: tuple[int | None, int | None, int] = (256, 256, 3), **options: Any) -> None:
        super().__init__(_draw, {}, {"input_shape": input_shape, **options})


def _draw(net: Net, image: Any, frame: Frame) -> Drawing:
    features, x = encode(net, image, lambda net, x, filters: _gated_attention(net, _external(net, x), filters))
    with net.scope("bridge"):
        skips = _bridge(net, features)
    for level, skip in reversed(list(enumerate(skips, 1))):
        with net.scope(f"decoder_{level}"):
            x = net.add([decode_level(net, x, skip, _decoder_block if level > 2 else convolve), skip])
    with net.scope("head"):
        return Drawing(convolve(net, x, frame.classes, 1))


def _decoder_block(net: Net, x: Any, filters: int) -> Any:
    return _external(net, _gated_attention(net, x, filters))


def _external(net: Net, x: Any) -> Any:
    filters = x.shape[-1]
    y = net.layer(ExternalAttention, "external")(convolve(net, x, filters, 1))
    y = net.conv(y, filters, 1, norm="group4", activation=None)
    return net.activate(net.add([y, x]), "gelu")


def _gated_attention(net: Net, x: Any, filters: int) -> Any:
    parts = ops.split(x, 4, axis=-1)
    x = net.concat([net.depthwise(part, dilation=rate) for part, rate in zip(parts, (7, 5, 2, 1), strict=True)])
    x = net.activate(convolve(net, net.normalize(x, "group4"), x.shape[-1], 1), "gelu")
    gate = net.activate(_separable(net, x, x.shape[-1], 3), "sigmoid")
    gated = net.multiply([gate, net.activate(_separable(net, x, x.shape[-1], 5), "gelu")])
    return net.add([net.activate(_separable(net, gated, filters, 3), "gelu"), convolve(net, x, filters, 1)])


def _separable(net: Net, x: Any, filters: int, kernel: int) -> Any:
    return convolve(net, net.normalize(net.depthwise(x, kernel), "group4"), filters, 1)


def _bridge(net: Net, features: list[Any]) -> list[Any]:
    places = net.layer(keras.layers.Conv2D, "places", 1, 7, padding="same", dilation_rate=3, activation="sigmoid")
    weighed = []
    for x in features:
        summary = net.concat([ops.mean(x, axis=-1, keepdims=True), ops.max(x, axis=-1, keepdims=True)])
        weighed.append(net.multiply([x, places(summary)]))
    both = [net.add([one, x]) for one, x in zip(weighed, features, strict=True)]
    means = net.concat([ops.mean(x, axis=(1, 2)) for x in both])
    across = net.layer(keras.layers.Conv1D, "across", 1, 3, padding="same", use_bias=False)
    means = ops.squeeze(across(ops.expand_dims(means, -1)), -1)
    found = []
    for one, x in zip(weighed, both, strict=True):
        weights = net.dense(means, x.shape[-1], activation="sigmoid")
        found.append(net.add([x * ops.reshape(weights, (-1, 1, 1, x.shape[-1])), one]))
    return found
