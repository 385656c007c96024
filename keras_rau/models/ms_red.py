"""Ms RED."""

from functools import partial
from typing import Any

import keras
from keras import ops

from keras_rau.layers.affinity_attention import AffinityAttention
from keras_rau.layers.arguments import one_of, positive_int
from keras_rau.layers.soft_pooling import SoftPooling2D
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_SPLITS = 4
# Of each branch: how many 3×3 convolutions come before the split one, and its dilation.
_BRANCHES = {1: ((0, 1), (1, 2), (2, 3)), 2: ((0, 1), (1, 2), (2, 4), (3, 6))}
_SCALES, _PER_SCALE = 4, 4


@keras.saving.register_keras_serializable(package="keras_rau")
class MsRED(System):
    """Ms RED: residual blocks of several receptive fields with hierarchical splits, and attention to scales at the end.

    Source: Dai et al., "Ms RED: A novel multi-scale residual encoding and decoding network for skin lesion
    segmentation", Medical Image Analysis 2022.

        input: 3×3, hierarchical split block, + 1×1 shortcut; 32 channels
        encoder: soft pooling and a block, four times, channels doubling. A block: branches of 1×1 and up to two (three
            in version 2) 3×3 convolutions, each ending in a dilated hierarchical split; 1×1; a tenth of it + 1×1
            shortcut
        before the last pooling: the maps of all strides, brought to that of stride 8, are weighed per pixel by a
            softmax
        bottom: + affinity attention; also after every branch of the deepest encoder and decoder block
        decoder: 2×2 transposed convolution, encoder map, block, four times
        head: 4 channels of each decoder map at the image's size; attention to channels, averaged for each map, and to
            places; 3×3, map

    In a hierarchical split the channels are divided in four; each part but the first goes through a 3×3 convolution
    together with half of what the one before gave, whose other half is passed on.

    Trainable parameters at two classes, as published, 4,018,154 (version 1, printed as 3.8 million of 2^20) and
    4,709,070 (version 2); at one class 4,018,149 and 4,709,065. Published loss: Dice plus cross-entropy, here
    `"compound"` (the source applies a softmax to what a sigmoid gave before).

    Deviations, which `conventions="published"` takes back: strided convolutions pad at the far side; a softmax of two classes
    (a sigmoid of each there). Those that stay: any image size, where the source is written for 224 × 320; batch statistics
    averaged with a momentum of 0.9.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`.
        version: 1 or 2; version 2 has a fourth branch in every block, and wider dilations.
        **options: see `keras_rau.models.system.Frame`; `width` scales in steps of 8 channels; there are no
            side outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> MsRED(input_shape=(96, 128, 3)).output.shape
        (None, 96, 128, 1)
    """

    deepest_stride = 16

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        version: int = 1,
        **options: Any,
    ) -> None:
        one_of("version", positive_int("version", version), tuple(_BRANCHES))

        super().__init__(partial(_draw, version=version), {"version": version}, {"input_shape": input_shape, **options})


def _draw(net: Net, image: Any, frame: Frame, version: int) -> Drawing:
    width = net.channels(32)
    x = net.scaled_pixels(image, "signed")
    with net.scope("input"):
        x = _input(net, x, width)
    encoded = [x]
    for level in range(1, 5):
        with net.scope(f"encoder_{level}"):
            taken = _fuse_scales(net, encoded) if level == 4 else x
            pooled = net.layer(SoftPooling2D, "pool")(taken)
            x = _block(net, pooled, width * 2**level, version, attention=level == 4)
        encoded.append(x)
    with net.scope("bottom"):
        x = net.add([x, net.layer(AffinityAttention, "affinity")(x)])
    decoded = []
    for level in (4, 3, 2, 1):
        skip = encoded[level - 1]
        with net.scope(f"decoder_{level}"):
            up = net.transposed(x, skip.shape[-1], skip)
            x = _block(net, net.concat([skip, up]), skip.shape[-1], version, attention=level == 4)
        decoded.append(x)
    with net.scope("head"):
        maps = [
            net.resize(net.conv(one, _PER_SCALE, 1, bias=True, norm=None, activation=None), image) for one in decoded
        ]
        x = _attend_to_scales(net, net.concat(maps[::-1]))
        return Drawing(net.conv(x, frame.classes, 1, bias=True, norm=None, activation=None))


def _input(net: Net, x: Any, filters: int) -> Any:
    shortcut = net.conv(x, filters, 1, bias=True, norm=None, activation=None)
    x = _split(net, net.conv(x, filters, bias=True), bias=True)
    return net.activate(net.add([net.activate(net.normalize(x)), shortcut]))


def _split(net: Net, x: Any, dilation: int = 1, bias: bool = False) -> Any:
    parts = ops.split(x, _SPLITS, axis=-1)
    kept = [parts[0]]
    carried = None
    for number, part in enumerate(parts[1:], 1):
        y = part if carried is None else net.concat([part, carried])
        y = net.conv(y, y.shape[-1], dilation=dilation, bias=bias)
        if number == _SPLITS - 1:
            kept.append(y)
        else:
            half = (y.shape[-1] + 1) // 2
            kept.append(y[..., :half])
            carried = y[..., half:]
    return net.concat(kept)


def _block(net: Net, x: Any, filters: int, version: int, attention: bool) -> Any:
    # An eighth of the channels, in pairs, so that two of them can be split in four.
    narrow = max(1, x.shape[-1] // 16) * 2
    found = []
    for before, dilation in _BRANCHES[version]:
        y = net.conv(x, narrow if before else 2 * narrow, 1)
        for number in range(before):
            y = net.conv(y, 2 * narrow if number == before - 1 else narrow // 2 * 3)
        y = net.normalize(_split(net, y, dilation))
        found.append(net.layer(AffinityAttention, "affinity")(y) if attention else y)
    y = net.conv(net.concat(found), filters, 1, activation=None)
    return net.activate(0.1 * y + net.conv(x, filters, 1, activation=None))


def _fuse_scales(net: Net, encoded: list[Any]) -> Any:
    """Maps of strides 1, 2, 4 and 8, each brought to the last's size and weighed per pixel."""
    finest, fine, middle, coarse = encoded
    filters = coarse.shape[-1]
    with net.scope("scales"):
        middle = _leaky(net, middle, filters, 3, 2)
        fine = net.max_pool(_leaky(net, fine, filters, 3, 2), padding="same")
        finest = _leaky(net, _leaky(net, finest, filters // 4, 3, 2), filters, 3, 2)
        finest = net.max_pool(finest, padding="same")
        maps = [coarse, *(net.resize(one, coarse) for one in (middle, fine, finest))]
        votes = net.concat([_leaky(net, one, 16, 1) for one in maps])
        weights = net.conv(votes, len(maps), 1, bias=True, norm=None, activation="softmax")
        fused = net.add([one * weights[..., place : place + 1] for place, one in enumerate(maps)])
        return _leaky(net, fused, filters, 3)


def _leaky(net: Net, x: Any, filters: int, kernel: int, stride: int = 1) -> Any:
    x = net.conv(x, filters, kernel, stride=stride, activation=None)
    return net.layer(keras.layers.LeakyReLU, "leaky", 0.1)(x)


def _attend_to_scales(net: Net, x: Any) -> Any:
    channels = _SCALES * _PER_SCALE
    hidden = net.layer(keras.layers.Dense, "dense", channels // 4, activation="relu")
    back = net.layer(keras.layers.Dense, "dense", channels)
    exponentials = ops.exp(x - ops.max(x, axis=(1, 2), keepdims=True))
    soft = ops.sum(exponentials * x, axis=(1, 2)) / ops.sum(exponentials, axis=(1, 2))
    pooled = (ops.mean(x, axis=(1, 2)), ops.max(x, axis=(1, 2)), soft)
    votes = net.add([back(hidden(one)) for one in pooled])
    of_maps = ops.sigmoid(ops.mean(ops.reshape(votes, (-1, _SCALES, _PER_SCALE)), axis=-1))
    weights = ops.reshape(ops.repeat(of_maps, _PER_SCALE, axis=-1), (-1, 1, 1, channels))
    weighed = x * weights
    places = net.conv(net.conv(weighed, _SCALES), _SCALES, 1, norm=None, activation="relu")
    places = ops.repeat(net.activate(places, "sigmoid"), _PER_SCALE, axis=-1)
    weighed = weighed * places + weighed
    return net.conv(net.activate(net.add([weighed, x])), _PER_SCALE)
