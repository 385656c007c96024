"""CaraNet."""

from functools import partial
from typing import Any

import keras

from keras_rau.layers.arguments import boolean
from keras_rau.layers.axial_attention import AxialAttention
from keras_rau.models.encoders.res2net import res2net
from keras_rau.models.net import Net
from keras_rau.models.partial_decoder import not_yet_lesion, partial_decoder
from keras_rau.models.system import Drawing, Frame, System

_DILATIONS = (1, 3, 5, 9)


@keras.saving.register_keras_serializable(package="keras_rau")
class CaraNet(System):
    """CaraNet: PraNet with context modules and axial attention before the reverse attention.

    Source: Lou et al., "CaraNet: Context Axial Reverse Attention Network for Segmentation of Small Medical Objects",
    SPIE Medical Imaging 2022.

        Res2Net-101 ── strides 8, 16, 32 ── 3×3 to 32 channels ── partial decoder (bare convolutions) ── S_g
        each stride, coarse to fine: channel-wise feature pyramid ── 1×1, 3×3 ── attention along columns, then rows ──
            × (1 − p) of the coarser map ── three 3×3 ── + the coarser map

    The pyramid: four chains of three grouped 3×3 convolutions with dilations 1, 3, 5 and 9; each chain's three results
    behind one another; sums from the least dilated on. Convolutions end in batch normalisation and PReLU.

    44,593,560 trainable parameters at one class; 46,642,560 with `include_unused`, as its published definition counts.
    Published loss: `"structure"`, of all four maps with equal weights.

    Deviations, which `conventions="published"` takes back: attention along both axes, where the source's code attends
    among the columns of a square map twice; half-pixel centres in the partial decoder; the stem and its pooling pad at the
    far side; all batch normalisations have an epsilon of 1e-5 (1e-3 behind the encoder of the source).

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        include_unused: also hold the encoder's ImageNet head, through which nothing passes.
        **options: see `keras_rau.models.system.Frame`; `width` scales the 32 channels in steps of 16.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> CaraNet(input_shape=(128, 128, 3), width=0.25).output.shape
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
    features = res2net(net, image, "res2net101")[2:]
    if include_unused:
        net.imagenet_head(features[-1])
    filters = net.channels(32, 16)
    folded = frame.conventions == "published"
    with net.scope("narrow"):
        narrow = [net.conv(one, filters, activation="prelu") for one in features]
    with net.scope("partial"):
        logits = partial_decoder(net, narrow, frame.classes, norm=None)
    sides = {"side_partial": logits}
    for stride, x in ((32, narrow[2]), (16, narrow[1]), (8, narrow[0])):
        with net.scope(f"reverse_{stride}"):
            coarse = net.resize(logits, x)
            x = net.multiply([_axial(net, _pyramid(net, x), filters, folded), not_yet_lesion(coarse)])
            x = net.conv(net.conv(x, filters, activation="prelu"), filters, activation="prelu")
            logits = net.add([net.conv(x, frame.classes, activation="prelu"), coarse])
        sides[f"side_{stride}"] = logits
    return Drawing(sides.pop("side_8"), sides)


def _axial(net: Net, x: Any, filters: int, folded: bool) -> Any:
    x = net.conv(net.conv(x, filters, 1, norm=None, activation=None), filters, norm=None, activation=None)
    for axis in ("height", "width"):
        x = net.layer(AxialAttention, f"attention_{axis}", axis, folded=folded)(x)
    return x


def _pyramid(net: Net, x: Any) -> Any:
    filters = x.shape[-1]
    y = net.conv(net.activate(net.normalize(x), "prelu"), filters // 4, activation="prelu")
    chains = []
    for dilation in _DILATIONS:
        first = _grouped(net, y, filters // 16, filters // 16, dilation)
        second = _grouped(net, first, filters // 16, filters // 16, dilation)
        third = _grouped(net, second, filters // 8, filters // 16, dilation)
        chains.append(net.concat([first, second, third]))
        if len(chains) > 1:
            chains[-1] = net.add(chains[-2:])
    y = net.activate(net.normalize(net.concat(chains)), "prelu")
    return net.add([net.conv(y, filters, 1, norm=None, activation=None), x])


def _grouped(net: Net, x: Any, filters: int, groups: int, dilation: int) -> Any:
    # One convolution a group: grouped ones are no operation of every backend's and of TFLite.
    parts = keras.ops.split(x, groups, axis=-1) if groups > 1 else [x]
    found = [net.conv(part, filters // groups, dilation=dilation, norm=None, activation=None) for part in parts]
    x = net.concat(found) if groups > 1 else found[0]
    return net.activate(net.normalize(x), "prelu")
