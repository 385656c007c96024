"""MCGFF-Net."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.grouped_convolution import GroupedConvolution
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_WIDTHS = (64, 128, 256, 512, 1024)
_KERNELS = (3, 5, 7, 9)
_DILATIONS = (6, 12, 18)
_REDUCTION = 16
_ACROSS = 5


@keras.saving.register_keras_serializable(package="keras_rau")
class MCGFFNet(System):
    """MCGFF-Net: a U-Net with CBAM on the way down, several kernel sizes and cross-layer fusion on the way up.

    Source: Li et al., "MCGFF-Net: a multi-scale context-aware and global feature fusion network for enhanced polyp and skin
    lesion segmentation", The Visual Computer 2024. The blocks are those of the authors' repository, whose code was removed
    from its head later; they count 43,608,205 trainable parameters there and here. The 39.67 million that the article
    prints are unexplained.

        encoder: two 3×3 convolutions a level, 64 to 1024 channels; between levels weights of channels, then of places
            (CBAM), added to what they weigh, and max-pooling; skip connections are taken before the CBAM
        decoder: twice as large; perception: grouped 3×3, 5×5, 7×7 and 9×9 convolutions side by side plus a shortcut;
            fusion with the skip: both halved in channels, a 3×3 and a 5×5 convolution of the pair multiplied, dilations 1,
            6, 12, 18 and the mean of the image weighed by channel, added to the pair; two 3×3 convolutions

    Published loss: soft Dice plus cross-entropy of each image, here `"compound"`.

    Deviations, which `conventions="published"` takes back at multiples of 16: half-pixel centres and the skip's own
    size, where the source aligns corners and pads. Two slips of the
    source are not repeated: a first version weighs twice, and its Dice term adds its smoothing twice.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 16.
        **options: see `keras_rau.models.system.Frame`; there are no side outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> MCGFFNet(input_shape=(96, 96, 3), width=0.25).output.shape
        (None, 96, 96, 1)
    """

    deepest_stride = 16

    def __init__(self, input_shape: tuple[int | None, int | None, int] = (256, 256, 3), **options: Any) -> None:
        super().__init__(_draw, {}, {"input_shape": input_shape, **options})


def _draw(net: Net, image: Any, frame: Frame) -> Drawing:
    x = net.scaled_pixels(image, "signed")
    skips = []
    for level, filters in enumerate(_WIDTHS):
        with net.scope(f"encoder_{level}"):
            x = net.conv(net.conv(x, net.channels(filters, 16)), net.channels(filters, 16))
            if level < len(_WIDTHS) - 1:
                skips.append(x)
                x = net.max_pool(net.add([_weighed(net, x), x]), padding="same")
    for level, skip in reversed(list(enumerate(skips))):
        with net.scope(f"decoder_{level}"):
            x = _perception(net, net.resize(x, skip), skip.shape[-1])
            x = _fusion(net, x, skip)
            x = net.conv(net.conv(x, skip.shape[-1]), skip.shape[-1])
    with net.scope("head"):
        return Drawing(net.conv(x, frame.classes, 1, bias=True, norm=None, activation=None))


def _weighed(net: Net, x: Any) -> Any:
    """CBAM: weights of the channels, then of the places."""
    filters = x.shape[-1]
    narrow = net.layer(keras.layers.Dense, "narrow", max(1, filters // _REDUCTION), use_bias=False, activation="relu")
    wide = net.layer(keras.layers.Dense, "wide", filters, use_bias=False)
    summaries = (ops.max(x, axis=(1, 2), keepdims=True), ops.mean(x, axis=(1, 2), keepdims=True))
    x = net.multiply([x, net.activate(net.add([wide(narrow(one)) for one in summaries]), "sigmoid")])
    summary = net.concat([ops.max(x, axis=-1, keepdims=True), ops.mean(x, axis=-1, keepdims=True)])
    return net.multiply([x, net.conv(summary, 1, 7, norm=None, activation="sigmoid")])


def _perception(net: Net, x: Any, filters: int) -> Any:
    quarter = filters // 4
    branches = [
        _one(net, net.activate(net.layer(GroupedConvolution, "grouped", quarter, kernel)(x)), quarter)
        for kernel in _KERNELS
    ]
    shortcut = _biased(net, net.activate(_one(net, x, quarter)), filters, 1)
    x = _biased(net, net.activate(net.concat(branches)), filters)
    return _biased(net, net.add([x, shortcut]), filters)


def _fusion(net: Net, x: Any, skip: Any) -> Any:
    filters = skip.shape[-1]
    half = filters // 2
    one, other = (net.conv(each, half, 1, activation=None) for each in (x, skip))
    product = net.multiply(
        [_biased(net, net.concat([one, other]), half), _biased(net, net.concat([other, one]), half, 5)]
    )
    return _biased(net, net.add([one, other, _pyramid(net, product)]), filters)


def _pyramid(net: Net, x: Any) -> Any:
    """Dilations and the mean of the image, weighed by channel."""
    filters = x.shape[-1]
    mean = _biased(net, ops.mean(x, axis=(1, 2), keepdims=True), filters, 1)
    known = None not in x.shape[1:3]
    spread = ops.tile(mean, (1, *x.shape[1:3], 1)) if known else mean + ops.zeros_like(x)
    maps = [spread, _biased(net, x, filters), *(_biased(net, x, filters, dilation=rate) for rate in _DILATIONS)]
    x = net.concat(maps)
    across = net.layer(keras.layers.Conv1D, "across", 1, _ACROSS, padding="same", use_bias=False, activation="sigmoid")
    weights = across(ops.expand_dims(ops.mean(x, axis=(1, 2)), -1))
    return _biased(net, net.multiply([x, ops.reshape(weights, (-1, 1, 1, x.shape[-1]))]), filters, 1)


def _one(net: Net, x: Any, filters: int) -> Any:
    return net.conv(x, filters, 1, bias=True, norm=None, activation=None)


def _biased(net: Net, x: Any, filters: int, kernel: int = 3, dilation: int = 1) -> Any:
    return net.conv(x, filters, kernel, dilation=dilation, bias=True)
