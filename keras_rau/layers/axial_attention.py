"""Self-attention along one side of an image."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import boolean, one_of, positive_int
from keras_rau.layers.learned_scale import LearnedScale


@keras.saving.register_keras_serializable(package="keras_rau")
class AxialAttention(keras.layers.Layer):
    """Every row (or column) attends to all of them: `x + γ · σ(q kᵀ) v`, γ starting at zero.

    An image has one map of weights: queries and keys are compared over the channels and the other side together. The weights
    are sigmoids that do not sum to one, and are not scaled.

    Source: Lou et al., "CaraNet", 2022. Its code folds the map to `(C · W, H)` for the height, which on a square map attends
    among columns a second time: `folded=True`. Otherwise each side is really attended along.

    Args:
        axis: `"height"` (among rows) or `"width"` (among columns).
        reduction: channels of q and k are those of the input divided by this.
        folded: fold the map for the height as the source does.

    Shape:
        `(B, H, W, C)`, channels last, to the same.

    Raises:
        ValueError: an argument has no valid value.

    Example:
        >>> AxialAttention("height")(keras.Input((16, 16, 32))).shape
        (None, 16, 16, 32)
    """

    def __init__(self, axis: str, reduction: int = 8, folded: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = one_of("axis", axis, ("height", "width"))
        self.reduction = positive_int("reduction", reduction)
        self.folded = boolean("folded", folded)

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
        query, key, value = (self._side_by_side(project(inputs)) for project in (self.query, self.key, self.value))
        weights = ops.sigmoid(ops.matmul(query, ops.swapaxes(key, 1, 2)))
        return inputs + self.scale(self._back(ops.matmul(weights, value), inputs))

    def _side_by_side(self, x: Any) -> Any:
        """Return `(B, rows or columns, everything else)`."""
        batch, height, width, channels = (*ops.shape(x)[:3], x.shape[-1])
        if self.axis == "width":
            return ops.reshape(ops.swapaxes(x, 1, 2), (batch, width, height * channels))
        if not self.folded:
            return ops.reshape(x, (batch, height, width * channels))
        folded = ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (batch, channels * width, height))
        return ops.swapaxes(folded, 1, 2)

    def _back(self, x: Any, like: Any) -> Any:
        batch, height, width, channels = (*ops.shape(like)[:3], like.shape[-1])
        if self.axis == "width":
            return ops.swapaxes(ops.reshape(x, (batch, width, height, channels)), 1, 2)
        if not self.folded:
            return ops.reshape(x, (batch, height, width, channels))
        unfolded = ops.reshape(ops.swapaxes(x, 1, 2), (batch, channels, height, width))
        return ops.transpose(unfolded, (0, 2, 3, 1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "axis": self.axis, "reduction": self.reduction, "folded": self.folded}
