"""EGE-UNet."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.learned_map import LearnedMap
from keras_rau.models.light import convolve, decode_level, encode
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_SIDE = 8
_DILATIONS = (1, 2, 5, 7)


@keras.saving.register_keras_serializable(package="keras_rau")
class EGEUNet(System):
    """EGE-UNet: MALUNet's skeleton with products instead of attention, and skip connections guided by coarse masks.

    Source: Ruan et al., "EGE-UNet: an Efficient Group Enhanced UNet for skin lesion segmentation", MICCAI 2023.

        encoder: 8, 16 and 24 channels by 3×3 convolutions; 32, 48 and 64 by products: quarters of the channels are
            multiplied by learned maps (over the image, along its height, along its width), each through a depthwise
            and a 1×1 convolution, the last quarter goes through a 1×1 and a depthwise one; layer normalisation before
            and after, depthwise, 1×1
        skips: the deeper skip at the size of this one, both in quarters, each pair with the logits of this stage's
            mask, through layer normalisation and depthwise 3×3 of dilations 1, 2, 5, 7; 1×1
        decoder: products (3×3 convolutions in the two finest), twice as large, + skip; each level predicts a mask

    53,374 trainable parameters at one class. Published loss: cross-entropy plus Dice, here `"compound"`, of the mask
    and, weighted by 0.1 to 0.5 from stride 32 to 2, of the levels' masks: `deep_supervision=True`.

    Deviations, which `conventions="published"` takes back: half-pixel centres, where the source aligns corners; plain scaling
    of pixels to [-1, 1], where the source stretches each image to [0, 255] (before it resizes it; here after).

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        **options: see `keras_rau.models.system.Frame`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> EGEUNet(input_shape=(128, 128, 3)).output.shape
        (None, 128, 128, 1)
    """

    def __init__(self, input_shape: tuple[int | None, int | None, int] = (256, 256, 3), **options: Any) -> None:
        super().__init__(_draw, {}, {"input_shape": input_shape, **options}, (0.1, 0.2, 0.3, 0.4, 0.5))


def _draw(net: Net, image: Any, frame: Frame) -> Drawing:
    features, x = encode(net, image, _products)
    sides = {}
    deeper = x
    for level, skip in reversed(list(enumerate(features, 1))):
        with net.scope(f"decoder_{level}"):
            x = decode_level(net, x, skip, _products if level > 2 else convolve)
            logits = convolve(net, x, frame.classes, 1)
        with net.scope(f"skip_{level}"):
            deeper = _guided(net, deeper, skip, logits)
        x = net.add([x, deeper])
        sides[f"side_{2**level}"] = logits
    with net.scope("head"):
        return Drawing(convolve(net, x, frame.classes, 1), sides)


def _products(net: Net, x: Any, filters: int) -> Any:
    quarter = x.shape[-1] // 4
    over, along_height, along_width, rest = ops.split(net.normalize(x, "layer"), 4, axis=-1)
    found = []
    for part, height, width in ((over, _SIDE, _SIDE), (along_height, _SIDE, 1), (along_width, 1, _SIDE)):
        weights = net.layer(LearnedMap, "map", height, width, net.aligns_corners)(part)
        kernel = (3 if height > 1 else 1, 3 if width > 1 else 1)
        weights = net.activate(net.depthwise(weights, kernel), "gelu")
        found.append(part * convolve(net, weights, quarter, 1))
    found.append(net.depthwise(net.activate(convolve(net, rest, quarter, 1), "gelu")))
    x = net.normalize(net.concat(found), "layer")
    return convolve(net, net.activate(net.depthwise(x), "gelu"), filters, 1)


def _guided(net: Net, deeper: Any, skip: Any, logits: Any) -> Any:
    filters = skip.shape[-1]
    deeper = net.resize(convolve(net, deeper, filters, 1), skip)
    pairs = zip(ops.split(deeper, 4, axis=-1), ops.split(skip, 4, axis=-1), _DILATIONS, strict=True)
    found = []
    for one, other, dilation in pairs:
        x = net.normalize(net.concat([one, other, logits]), "layer")
        found.append(net.depthwise(x, dilation=dilation))
    return convolve(net, net.normalize(net.concat(found), "layer"), filters, 1)
