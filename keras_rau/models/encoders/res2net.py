"""Res2Net: residual blocks whose 3×3 convolutions are split into scales that feed one another."""

from typing import Any

import keras

from keras_rau.models.net import Net

_BLOCKS = {"res2net50": (3, 4, 6, 3), "res2net101": (3, 4, 23, 3)}
_BASE, _SCALES, _EXPANSION = 26, 4, 4


def res2net(net: Net, image: Any, name: str = "res2net50") -> list[Any]:
    """Feature maps of Res2Net v1b, 26 channels × 4 scales, without its classification head.

    Source: Gao et al., "Res2Net: A New Multi-scale Backbone Architecture", TPAMI 2021. Three 3×3 convolutions and a
    max-pooling of stride 2 first; then bottlenecks: a 1×1 convolution, the channels split into four, three of them through
    3×3 convolutions, each of which also takes what the one before gave (not in the first block of a stage), a 1×1
    convolution, and the shortcut, which is averaged where it is halved.

    Deviation of the conventions `"keras"`: the stem pads as `"same"` of TensorFlow does, at the far side alone.

    Args:
        net: the kit; its width scales all channels.
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255].
        name: `"res2net50"` or `"res2net101"`.

    Returns:
        Keras tensors at strides 2, 4, 8, 16 and 32 with 64, 256, 512, 1024 and 2048 channels.
    """
    with net.scope("encoder"):
        x = net.scaled_pixels(image, "imagenet")
        stem = net.channels(64)
        with net.scope("stem"):
            x = net.conv(x, stem // 2, stride=2)
            x = net.conv(x, stem // 2)
            x = net.conv(x, stem)
        features = [x]
        x = net.max_pool(x, 3, 2, "same")
        for stage, repeats in enumerate(_BLOCKS[name]):
            planes = net.channels(64) * 2**stage
            for repeat in range(repeats):
                stride = 2 if repeat == 0 and stage > 0 else 1
                with net.scope(f"stage{stage + 1}_block{repeat + 1}"):
                    x = _block(net, x, planes, stride, first=repeat == 0)
            features.append(x)
    return features


def _block(net: Net, x: Any, planes: int, stride: int, first: bool) -> Any:
    width = planes * _BASE // 64
    y = net.conv(x, width * _SCALES, 1)
    parts = keras.ops.split(y, _SCALES, axis=-1)
    results: list[Any] = []
    for number, part in enumerate(parts[:-1]):
        taken = part if first or number == 0 else net.add([results[-1], part])
        results.append(net.conv(taken, width, stride=stride))
    results.append(_averaged(net, parts[-1], stride) if first else parts[-1])
    y = net.conv(net.concat(results), planes * _EXPANSION, 1, activation=None)
    if first:
        with net.scope("shortcut"):
            x = net.average_pool(x, stride, padding="same") if stride > 1 else x
            x = net.conv(x, planes * _EXPANSION, 1, activation=None)
    return net.activate(net.add([y, x]))


def _averaged(net: Net, x: Any, stride: int) -> Any:
    # Pixels outside the image count as zeros.
    x = net.layer(keras.layers.ZeroPadding2D, "pad", 1, data_format="channels_last")(x)
    return net.average_pool(x, 3, stride)
