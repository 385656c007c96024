"""Channel attention over frequencies instead of means."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import positive_int

# (along the height, along the width), the sixteen that served best in the source, of the 49 of a 7 × 7 transform.
_FREQUENCIES = tuple(
    zip((0, 0, 6, 0, 0, 1, 1, 4, 5, 1, 3, 0, 0, 0, 3, 2), (0, 1, 0, 5, 2, 0, 2, 0, 0, 6, 0, 4, 6, 3, 5, 2), strict=True)
)
_GRID = 7


@keras.saving.register_keras_serializable(package="keras_rau")
class SpectralAttention(keras.layers.Layer):
    """Weigh channels by what two fully connected layers make of one frequency of each.

    The channels are divided among sixteen frequencies of the discrete cosine transform; the first of them, zero, is
    the mean that squeeze-and-excitation uses for all.

    Source: Qin et al., "FcaNet: Frequency Channel Attention Networks", ICCV 2021. There maps are averaged to a grid of
    fixed size first and the frequencies are those of a 7 × 7 grid times the grid's side over 7; here they are taken of
    the map at the size that it has, so that images may be of any size.

    Args:
        reduction: the hidden layer has the channels of the input divided by this.
        grid: height and width of the grid that maps are averaged to first, as in the source; `None` for none.

    Shape:
        `(B, H, W, C)`, channels last, C a multiple of 16, to the same.

    Raises:
        ValueError: `reduction` is not a positive whole number, or C is not a multiple of 16.

    Example:
        >>> SpectralAttention()(keras.Input((14, 14, 64))).shape
        (None, 14, 14, 64)
    """

    def __init__(self, reduction: int = 16, grid: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reduction = positive_int("reduction", reduction)
        self.grid = None if grid is None else tuple(positive_int("grid", side) for side in grid)

    def build(self, input_shape: Any) -> None:
        """Build the two fully connected layers."""
        channels = input_shape[-1]
        if channels % len(_FREQUENCIES):
            raise ValueError(
                f"Layer {self.name!r} divides the channels among {len(_FREQUENCIES)} frequencies. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        shared = {"use_bias": False, "dtype": self.dtype_policy}
        hidden = max(channels // self.reduction, 1)
        self.squeeze = keras.layers.Dense(hidden, activation="relu", name="squeeze", **shared)
        self.excite = keras.layers.Dense(channels, activation="sigmoid", name="excite", **shared)
        self.squeeze.build((None, channels))
        self.excite.build((None, hidden))

    def call(self, inputs: Any) -> Any:
        """Weigh."""
        _, height, width, channels = ops.shape(inputs)
        share = inputs.shape[-1] // len(_FREQUENCIES)
        high, wide = self.grid or (None, None)
        rows = [self._cosines(height, row, inputs.dtype, high) for row, _ in _FREQUENCIES]
        columns = [self._cosines(width, column, inputs.dtype, wide) for _, column in _FREQUENCIES]
        found = []
        for number, (row, column) in enumerate(zip(rows, columns, strict=True)):
            part = inputs[..., number * share : (number + 1) * share]
            along = ops.sum(part * ops.reshape(row, (1, -1, 1, 1)), axis=1)
            found.append(ops.sum(along * ops.reshape(column, (1, -1, 1)), axis=1))
        weights = self.excite(self.squeeze(ops.concatenate(found, axis=-1)))
        return inputs * ops.reshape(weights, (-1, 1, 1, channels))

    @staticmethod
    def _cosines(length: Any, frequency: int, dtype: Any, grid: int | None) -> Any:
        """One row of the orthonormal transform; `frequency` counts on a grid of seven."""
        side = length if grid is None else grid
        places = ops.cast(ops.arange(side), "float32") + 0.5
        size = ops.cast(side, "float32")
        # As many waves as on the source's grids, whose sides are multiples of seven.
        turns = frequency * ops.maximum(ops.floor(size / _GRID), 1.0)
        values = ops.cos(math.pi * turns * places / size) / ops.sqrt(size)
        values = values * (math.sqrt(2) if frequency else 1.0)
        if grid is not None:
            values = ops.matmul(ops.expand_dims(values, 0), _means(length, grid))[0]
        return ops.cast(values, dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "reduction": self.reduction, "grid": self.grid}


def _means(length: Any, grid: int) -> Any:
    """Matrix `(grid, length)` of adaptive average pooling: cell i is the mean of the pixels that it touches."""
    cells = ops.expand_dims(ops.arange(grid), 1)
    pixels = ops.expand_dims(ops.arange(length), 0)
    first, behind = cells * length // grid, ((cells + 1) * length + grid - 1) // grid
    inside = ops.cast(ops.logical_and(pixels >= first, pixels < behind), "float32")
    return inside / ops.cast(behind - first, "float32")
