"""CPFNet."""

from functools import partial
from typing import Any

import keras

from keras_rau.layers.arguments import boolean
from keras_rau.layers.learned_scale import LearnedScale
from keras_rau.layers.shared_dilation import SharedDilation
from keras_rau.models.encoders.resnet34 import resnet34
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_DILATIONS = (1, 2, 4, 8)


@keras.saving.register_keras_serializable(package="keras_rau")
class CPFNet(System):
    """CPFNet: global context in every skip connection, dynamically fused scales at the bottom.

    Source: Feng et al., "CPFNet: Context Pyramid Fusion Network for Medical Image Segmentation", IEEE Transactions on
    Medical Imaging 2020.

        ResNet-34
        skips of strides 4, 8 and 16: global pyramid guidance: every coarser map 3×3 to the skip's channels, enlarged,
            behind one another, through separable 3×3 of dilations 1, 2, 4, 8 (as many as maps), 1×1
        bottom: scale-aware pyramid fusion: one 3×3 kernel at dilations 1, 2, 4, the results fused pairwise by a
            softmax that the same convolutions compute twice; γ · fused + (1 − γ) · bottom, γ starting at zero
        decoder: 3×3, twice as large, 1×1, + skip, four times; twice as large, 1×1 to 32, 3×3, map

    Trainable parameters at one class: 30,650,724. The 43,269,891 of the publication, two classes, contain what no map
    passes through, and are built by `classes=2, include_unused=True`: a fusion block in each of the four decoder
    blocks, second heads in the one at the bottom, a 3×3 convolution in the first decoder block, and the ImageNet head.
    Published loss: cross-entropy plus Dice, here `"compound"`.

    Deviations, which `conventions="published"` takes back: half-pixel centres, where the source aligns corners; the stem and
    its pooling pad at the far side; pixels are scaled as for ImageNet, where the source divides them by 255.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        include_unused: also hold the dead weights of the published definition.
        **options: see `keras_rau.models.system.Frame`; there are no side outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> CPFNet(input_shape=(128, 128, 3), width=0.25).output.shape
        (None, 128, 128, 1)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        include_unused: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            partial(_draw, include_unused=include_unused),
            {"include_unused": boolean("include_unused", include_unused)},
            {"input_shape": input_shape, **options},
        )


def _draw(net: Net, image: Any, frame: Frame, include_unused: bool) -> Drawing:
    first, *features = resnet34(net, image)
    if include_unused:
        net.imagenet_head(features[-1])
    skips = []
    for level, stride in enumerate((4, 8, 16)):
        with net.scope(f"guidance_{stride}"):
            skips.append(_guidance(net, features[level:]))
    with net.scope("bottom"):
        x = _fusion(net, features[-1], include_unused)
    for level, skip in reversed(list(enumerate([first, *skips]))):
        with net.scope(f"decoder_{2 ** (level + 1)}"):
            is_first = level == 3
            if include_unused:
                _unused_in_decoder(net, x, is_first)
            x = x if is_first else net.conv(x, x.shape[-1])
            x = net.add([net.conv(net.resize(x, skip), skip.shape[-1], 1), skip])
            x = net.activate(x) if level > 0 else x
    with net.scope("head"):
        x = net.resize(x, image)
        x = net.conv(net.conv(x, net.channels(32), 1), net.channels(32))
        return Drawing(net.conv(x, frame.classes, 1, bias=True, norm=None, activation=None))


def _guidance(net: Net, features: list[Any]) -> Any:
    filters = features[0].shape[-1]
    maps = [net.resize(net.conv(one, filters), features[0]) for one in reversed(features)]
    x = net.concat(maps)
    found = []
    for dilation in _DILATIONS[: len(maps)]:
        y = net.normalize(net.depthwise(x, dilation=dilation, bias=False))
        found.append(net.conv(y, filters, 1))
    return net.conv(net.concat(found), filters, 1, activation=None)


def _fusion(net: Net, x: Any, include_unused: bool) -> Any:
    filters = x.shape[-1]
    branches = [net.normalize(y) for y in net.layer(SharedDilation, "dilations", filters)(x)]
    convolutions = _chooser(net, filters)
    fused = branches[0]
    for branch in branches[1:]:
        fused = _choose(net, convolutions, fused, branch)
    if include_unused:
        with net.dead_end():
            _choose(net, _chooser(net, filters), branches[0], branches[1])
    # γ · fused + (1 − γ) · x
    difference = net.layer(LearnedScale, "scale")(fused - x)
    return net.conv(net.activate(net.add([difference, x])), filters, 1)


def _chooser(net: Net, filters: int) -> list[keras.layers.Layer]:
    return [
        net.layer(keras.layers.Conv2D, "choose", filters, 1, activation="relu"),
        net.layer(keras.layers.Conv2D, "choose", filters // 2, 3, padding="same", activation="relu"),
        net.layer(keras.layers.Conv2D, "choose", 2, 3, padding="same"),
    ]


def _choose(net: Net, convolutions: list[keras.layers.Layer], one: Any, other: Any) -> Any:
    x = net.concat([one, other])
    for convolution in convolutions:
        x = convolution(x)
    weights = net.activate(x, "softmax")
    return weights[..., :1] * one + weights[..., 1:] * other


def _unused_in_decoder(net: Net, x: Any, is_first: bool) -> None:
    with net.dead_end(), net.scope("unused"):
        _fusion(net, x, True)
        if is_first:
            net.conv(x, x.shape[-1])
