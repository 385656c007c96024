"""Self-attention along one side of an image."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import one_of, positive_int
from keras_rau.layers.learned_scale import LearnedScale


@keras.saving.register_keras_serializable(package="keras_rau")
class AxialAttention(keras.layers.Layer):
    """Every pixel attends to all pixels of its column (or row): `x + γ · σ(q kᵀ) v`, γ starting at zero.

    The weights are sigmoids that do not sum to one, and are not scaled.

    Source: Lou et al., "CaraNet", 2022. Its code folds the map to `(C · W, H)` for the columns, which on a square map attends
    along rows a second time; here each axis is really attended along.

    Args:
        axis: `"height"` (columns) or `"width"` (rows).
        reduction: channels of q and k are those of the input divided by this.

    Shape:
        `(B, H, W, C)`, channels last, to the same.

    Raises:
        ValueError: an argument has no valid value.

    Example:
        >>> AxialAttention("height")(keras.Input((16, 16, 32))).shape
        (None, 16, 16, 32)
    """

    def __init__(self, axis: str, reduction: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = one_of("axis", axis, ("height", "width"))
        self.reduction = positive_int("reduction", reduction)

    def build(self, input_shape: Any) -> None:
        """Build q, k, v and γ."""
        channels = input_shape[-1]
        narrow = max(channels // self.reduction, 1)
        shared = {"use_bias": False, "dtype": self.dtype_policy}
        self.query = keras.layers.Dense(narrow, name="query", **shared)
        self.key = keras.layers.Dense(narrow, name="key", **shared)
        self.value = keras.layers.Dense(channels, name="value", **shared)
        self.scale = LearnedScale(name="scale", dtype=self.dtype_policy)
        for layer in (self.query, self.key, self.value, self.scale):
            layer.build(tuple(input_shape))

    def call(self, inputs: Any) -> Any:
        """Attend."""
        x = ops.swapaxes(inputs, 1, 2) if self.axis == "height" else inputs
        weights = ops.sigmoid(ops.matmul(self.query(x), ops.swapaxes(self.key(x), -1, -2)))
        found = ops.matmul(weights, self.value(x))
        found = ops.swapaxes(found, 1, 2) if self.axis == "height" else found
        return inputs + self.scale(found)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "axis": self.axis, "reduction": self.reduction}
