"""GFANet."""

from functools import partial
from typing import Any

import keras

from keras_rau.layers.arguments import boolean
from keras_rau.layers.spectral_attention import SpectralAttention
from keras_rau.models.encoders.hardnet import hardnet68
from keras_rau.models.net import Net
from keras_rau.models.partial_decoder import not_yet_lesion, receptive_field
from keras_rau.models.system import Drawing, Frame, System

_POOLS = (2, 3, 5, 6)
# By stride: the source is written for 224 × 320.
_GRIDS = {32: (7, 10), 16: (14, 20), 8: (28, 40)}


@keras.saving.register_keras_serializable(package="keras_rau")
class GFANet(System):
    """GFANet: gated fusion of three scales, then reverse attention over chosen frequencies.

    Source: Qiu et al., "GFANet: Gated Fusion Attention Network for skin lesion segmentation", Computers in Biology and
    Medicine 2023.

        HarDNet-68 ── strides 8, 16, 32 ── receptive field block (32 channels) and pyramid pooling (4) each
        gated fusion: G = σ(conv x); x + G x + (1 − G) Σ G' x' of the two other scales ── densely linked dilations 3,
            6, 9 ── map
        three branches, coarse to fine: features × (1 − p) ── 1×1 ── spectral channel attention ── gated convolution
            with the coarser map ── convolutions ── map (the coarser one is not added)
        features of stride 4 ── gated convolution with the last map ── two 3×3 ── the mask

    The gated convolution follows Takikawa et al., "Gated-SCNN", ICCV 2019: α = σ(C([s, r])), result (s α + s)
    convolved 1×1, C a normalised pair of 1×1 convolutions; it is written from that paper.

    At one class 23,174,809 trainable parameters; at two, as published, 23,176,351, and 24,201,351 with
    `include_unused` (ImageNet head). The publication names no loss; `"structure"` is ours.

    Deviations, which `conventions="published"` takes back: frequencies are those of the map's own size, see
    `SpectralAttention`; half-pixel centres; pooling pads at the far side; a softmax of two classes (a sigmoid of each
    there). One that stays: one map a class, so that `classes=1` gives one logit where the source has two.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        include_unused: also hold the encoder's ImageNet head, through which nothing passes.
        **options: see `keras_rau.models.system.Frame`; `width` scales the branches in steps of 16.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> GFANet(input_shape=(192, 192, 3), width=0.25).output.shape
        (None, 192, 192, 1)
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
    _, finest, fine, middle, coarse = hardnet68(net, image)
    if include_unused:
        net.imagenet_head(coarse)
    scales = []
    for name, one in (("8", fine), ("16", middle), ("32", coarse)):
        with net.scope(f"field_{name}"):
            # Five branches, the last two alike.
            scales.append(_pyramid(net, receptive_field(net, one, net.channels(32), (3, 5, 7, 7))))
    with net.scope("fusion"):
        logits = _fusion(net, scales, frame.classes)
    sides = {"side_fusion": logits}
    for stride, features, filters, kernels in (
        (32, coarse, 256, (5, 5, 5, 1)),
        (16, middle, 64, (3, 3, 3)),
        (8, fine, 64, (3, 3, 3)),
    ):
        with net.scope(f"reverse_{stride}"):
            grid = _GRIDS[stride] if frame.conventions == "published" else None
            logits = _branch(net, features, logits, net.channels(filters, 16), kernels, frame.classes, grid)
        sides[f"side_{stride}"] = logits
    with net.scope("final"):
        x = _gated(net, finest, net.resize(_lesion(logits), finest))
        filters = net.channels(64)
        x = net.conv(net.conv(x, filters), filters)
        return Drawing(net.conv(x, frame.classes, 1, norm=None, activation=None), sides)


def _lesion(logits: Any) -> Any:
    return logits if logits.shape[-1] == 1 else logits[..., 1:2]


def _pyramid(net: Net, x: Any) -> Any:
    reduce = net.layer(keras.layers.Conv2D, "pyramid", 1, 1)
    found = [net.resize(reduce(net.max_pool(x, size, padding="same")), x) for size in _POOLS]
    return net.concat([*found, x])


def _fusion(net: Net, scales: list[Any], classes: int) -> Any:
    filters = scales[0].shape[-1]
    gates = [net.conv(x, filters, 1, bias=True, norm=None, activation="sigmoid") for x in scales]
    fused: list[Any] = []
    projected = [net.conv(x, filters, 1) for x in scales]
    offered = list(projected)
    for number, (x, gate) in enumerate(zip(projected, gates, strict=True)):
        others = [
            net.resize(net.multiply([gates[other], offered[other]]), x)
            for other in range(len(scales))
            if other != number
        ]
        fused.append(x + gate * x + (1.0 - gate) * net.add(others))
        # What is fused already is what the next scale sees.
        offered[number] = fused[number]
    fine, middle, coarse = fused
    last = net.resize(projected[2], fine)
    middle = net.resize(middle, fine)
    first = _dense(net, net.resize(coarse, fine), filters, 3)
    middle = _dense(net, net.concat([first, middle]), filters, 6)
    fine = _dense(net, net.concat([first, middle, fine]), filters, 9)
    x = net.concat([first, last, middle, fine])
    count = net.channels(64)
    x = net.conv(net.conv(x, count), count)
    return net.conv(x, classes, 1, norm=None, activation=None)


def _dense(net: Net, x: Any, filters: int, dilation: int) -> Any:
    x = net.conv(net.activate(net.normalize(x)), filters, 1, bias=True)
    return net.conv(x, filters, dilation=dilation, bias=True, norm=None, activation=None)


def _branch(
    net: Net, features: Any, coarse: Any, filters: int, kernels: tuple[int, ...], classes: int, grid: Any
) -> Any:
    coarse = net.resize(_lesion(coarse), features)
    x = net.multiply([features, not_yet_lesion(coarse)])
    x = net.layer(SpectralAttention, "spectral", grid=grid)(net.conv(x, filters, 1, activation=None))
    x = _gated(net, x, coarse)
    for kernel in kernels[:-1]:
        x = net.conv(x, filters, kernel)
    return net.conv(x, classes, kernels[-1], activation=None)


def _gated(net: Net, x: Any, coarse: Any) -> Any:
    both = net.normalize(net.concat([x, coarse]))
    hidden = net.conv(both, both.shape[-1], 1, bias=True, norm=None)
    gate = net.conv(hidden, 1, 1, bias=True, activation="sigmoid")
    return net.conv(x * (gate + 1.0), x.shape[-1], 1, norm=None, activation=None)
