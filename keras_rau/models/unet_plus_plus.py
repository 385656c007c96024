"""U-Net++."""

from typing import Any

import keras

from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_WIDTHS = (32, 64, 128, 256, 512)


@keras.saving.register_keras_serializable(package="keras_rau")
class UNetPlusPlus(System):
    """U-Net++: every skip connection is a chain of blocks that also see the level below.

    Source: Zhou et al., "UNet++: A Nested U-Net Architecture for Medical Image Segmentation", DLMIA 2018.

        X(i, j): two 3×3 convolutions over X(i, 0), …, X(i, j − 1) and the enlarged X(i + 1, j − 1), behind one
            another; X(i, 0) is the encoder, max-pooled from level to level; X(0, 4) gives the mask
        side outputs: X(0, 1), X(0, 2), X(0, 3)

    9,163,329 trainable parameters at one class, 9,163,428 with the side outputs: 32 to 512 channels, batch
    normalisation after every convolution, bilinear enlargement (the source leaves this open). Published loss:
    cross-entropy plus Dice, here `"compound"`, of all four maps.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 16.
        **options: see `keras_rau.models.system.Frame`.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.

    Example:
        >>> UNetPlusPlus(input_shape=(96, 128, 3), width=0.25).output.shape
        (None, 96, 128, 1)
    """

    deepest_stride = 16

    def __init__(self, input_shape: tuple[int | None, int | None, int] = (256, 256, 3), **options: Any) -> None:
        super().__init__(_draw, {}, {"input_shape": input_shape, **options})


def _draw(net: Net, image: Any, frame: Frame) -> Drawing:
    x = net.layer(keras.layers.Rescaling, "scaling", 1 / 255)(image)
    rows: list[list[Any]] = []
    for level, filters in enumerate(_WIDTHS):
        with net.scope(f"encoder_{level}"):
            x = _block(net, net.max_pool(x, padding="same") if level else x, net.channels(filters))
        rows.append([x])
        for above in reversed(range(level)):
            with net.scope(f"node_{above}_{level - above}"):
                row = rows[above]
                enlarged = net.resize(rows[above + 1][-1], row[0])
                row.append(_block(net, net.concat([*row, enlarged]), row[0].shape[-1]))
    maps = {}
    for number, one in enumerate(rows[0][1:], 1):
        with net.scope(f"map_{number}"):
            maps[f"side_{number}"] = net.conv(one, frame.classes, 1, bias=True, norm=None, activation=None)
    return Drawing(maps.pop(f"side_{len(maps)}"), maps)


def _block(net: Net, x: Any, filters: int) -> Any:
    return net.conv(net.conv(x, filters, bias=True), filters, bias=True)
