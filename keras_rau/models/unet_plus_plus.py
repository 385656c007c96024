"""U-Net++."""

from functools import partial
from typing import Any

import keras

from keras_rau.layers.arguments import one_of
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_WIDTHS = (32, 64, 128, 256, 512)
_DROPOUT, _PENALTY = 0.5, keras.regularizers.L2(1e-4)


@keras.saving.register_keras_serializable(package="keras_rau")
class UNetPlusPlus(System):
    """U-Net++: every skip connection is a chain of blocks that also see the level below.

    Source: Zhou et al., "UNet++: A Nested U-Net Architecture for Medical Image Segmentation", DLMIA 2018.

        X(i, j): two 3×3 convolutions over X(i, 0), …, X(i, j − 1) and the enlarged X(i + 1, j − 1), behind one
            another; X(i, 0) is the encoder, max-pooled from level to level; X(0, 4) gives the mask
        side outputs: X(0, 1), X(0, 2), X(0, 3)

    Two layouts of 32 to 512 channels are in use:

    - `"official"`, the authors' Keras code: enlargement by 2×2 transposed convolutions, no normalisation, dropout of 0.5
      and a penalty of 1e-4 · Σ w² at every 3×3 convolution and map. 9,041,601 trainable parameters with one channel in and
      one map, as printed there; 9,042,177 with three channels in.
    - `"pytorch"`, that of a widely used unofficial PyTorch version (`4uiiurz1/pytorch-nested-unet`): bilinear enlargement
      and batch normalisation. 9,163,329; 9,163,428 with the side outputs.

    Published loss: cross-entropy plus Dice, here `"compound"`, of all four maps.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 16.
        layout: `"official"` or `"pytorch"`.
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

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        layout: str = "official",
        **options: Any,
    ) -> None:
        one_of("layout", layout, tuple(_LAYOUTS))
        super().__init__(partial(_draw, layout=layout), {"layout": layout}, {"input_shape": input_shape, **options})


def _draw(net: Net, image: Any, frame: Frame, layout: str) -> Drawing:
    block, enlarge = _LAYOUTS[layout]
    official = layout == "official"
    x = net.scaled_pixels(image, "unit")
    rows: list[list[Any]] = []
    for level, filters in enumerate(_WIDTHS):
        with net.scope(f"encoder_{level}"):
            x = block(net, net.max_pool(x, padding="same") if level else x, net.channels(filters))
        rows.append([x])
        for above in reversed(range(level)):
            with net.scope(f"node_{above}_{level - above}"):
                row = rows[above]
                enlarged = enlarge(net, rows[above + 1][-1], row[0])
                row.append(block(net, net.concat([enlarged, *row] if official else [*row, enlarged]), row[0].shape[-1]))
    maps = {}
    penalty = _PENALTY if official else None
    for number, one in enumerate(rows[0][1:], 1):
        with net.scope(f"map_{number}"):
            maps[f"side_{number}"] = net.conv(
                one, frame.classes, 1, bias=True, norm=None, activation=None, kernel_regularizer=penalty
            )
    return Drawing(maps.pop(f"side_{len(maps)}"), maps)


def _normalised(net: Net, x: Any, filters: int) -> Any:
    return net.conv(net.conv(x, filters, bias=True), filters, bias=True)


def _dropped_out(net: Net, x: Any, filters: int) -> Any:
    for _ in range(2):
        x = net.conv(x, filters, bias=True, norm=None, kernel_regularizer=_PENALTY)
        x = net.layer(keras.layers.Dropout, "dropout", _DROPOUT)(x)
    return x


def _resized(net: Net, x: Any, like: Any) -> Any:
    return net.resize(x, like)


def _transposed(net: Net, x: Any, like: Any) -> Any:
    return net.transposed(x, like.shape[-1], like)


_LAYOUTS = {"official": (_dropped_out, _transposed), "pytorch": (_normalised, _resized)}
