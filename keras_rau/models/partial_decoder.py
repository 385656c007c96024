"""What PraNet and its descendants share: receptive field blocks, the partial decoder, reverse attention branches."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_rau.models.net import Net


def receptive_field(net: Net, x: Any, filters: int, kernels: Sequence[int] = (3, 5, 7)) -> Any:
    """Receptive field block: 1×1 beside 1×s, s×1 and a 3×3 dilated by s for every s in `kernels`.

    Source: Liu et al., "Receptive Field Block Net", ECCV 2018, as modified by PraNet: convolutions are normalised, only the
    sum with the shortcut is rectified.
    """
    branches = [net.conv(x, filters, 1, activation=None)]
    for size in kernels:
        y = net.conv(x, filters, 1, activation=None)
        y = net.conv(y, filters, (1, size), activation=None)
        y = net.conv(y, filters, (size, 1), activation=None)
        branches.append(net.conv(y, filters, 3, dilation=size, activation=None))
    y = net.conv(net.concat(branches), filters, 3, activation=None)
    return net.activate(net.add([y, net.conv(x, filters, 1, activation=None)]))


def partial_decoder(net: Net, features: Sequence[Any], classes: int, norm: str | None = "batch") -> Any:
    """Aggregate three maps, from fine to coarse and of equal channels, to logits of the finest's size.

    Source: Wu et al., "Cascaded Partial Decoder", CVPR 2019, as used by PraNet. Each finer map is multiplied by the enlarged
    coarser ones, then they are put behind one another and convolved from coarse to fine. Deviation: half-pixel centres in
    bilinear enlargement, where the source aligns corners.
    """
    fine, middle, coarse = features
    filters = fine.shape[-1]

    def conv(x: Any, count: int) -> Any:
        return net.conv(x, count, 3, norm=norm, activation=None)

    twice = net.resize(coarse, middle)
    four = net.resize(twice, fine)
    weighted_middle = net.multiply([conv(twice, filters), middle])
    weighted_fine = net.multiply([conv(four, filters), conv(net.resize(middle, fine), filters), fine])
    x = conv(net.concat([weighted_middle, conv(twice, filters)]), 2 * filters)
    x = conv(net.concat([weighted_fine, conv(net.resize(x, fine), 2 * filters)]), 3 * filters)
    return net.conv(conv(x, 3 * filters), classes, 1, bias=True, norm=None, activation=None)


def not_yet_lesion(logits: Any) -> Any:
    """`1 − p`, with the softmax of the background for several classes."""
    if logits.shape[-1] == 1:
        return 1.0 - keras.ops.sigmoid(logits)
    return keras.ops.softmax(logits)[..., :1]


def reverse_branch(
    net: Net,
    features: Any,
    coarse: Any,
    filters: int,
    kernels: Sequence[int],
    classes: int,
    guide: Callable[[Any], Any] | None = None,
) -> Any:
    """Features weighted by `1 − p` of a coarse map, convolved to logits, which are added to the coarse ones.

    Args:
        net: the kit.
        features: map of the encoder.
        coarse: logits of any size.
        filters: channels of the branch.
        kernels: kernel sizes after the 1×1 projection; the last gives the logits.
        classes: channels of the logits.
        guide: what is done to the projected features.
    """
    coarse = net.resize(coarse, features)
    x = net.multiply([features, not_yet_lesion(coarse)])
    x = net.conv(x, filters, 1, activation=None)
    if guide is not None:
        x = guide(x)
    for kernel in kernels[:-1]:
        x = net.conv(x, filters, kernel)
    return net.add([net.conv(x, classes, kernels[-1], activation=None), coarse])
