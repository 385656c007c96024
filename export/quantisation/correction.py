"""Making up in the biases for what rounding shifts.

The errors of rounded weights and values do not cancel: the mean of a channel moves, and the layers after it see another
picture. Each bias of a convolution takes back the shift of its own channel, measured with everything before it rounded
(Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction", ICCV 2019, section 4.2,
"empirical").
"""

from collections.abc import Collection, Sequence

import numpy as np
import tensorflow as tf

from keras_rau.export.quantisation.graph import Graph, Operator
from keras_rau.export.quantisation.operations import Values, activate
from keras_rau.export.quantisation.ranges import Ranges
from keras_rau.export.quantisation.running import Running, is_known_graph

_BIASES = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "TRANSPOSE_CONV": 3}
_CHANNEL_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "TRANSPOSE_CONV": 0}
_FILTER = 1
# Where an activation cuts off, moving the bias by the shift does not move the mean as far.
_ROUNDS = 4


def correct_biases(
    graph: Graph, ranges: Ranges, images: Sequence[np.ndarray], floats: Collection[int] = ()
) -> Graph | None:
    """A copy of a graph with other biases, so that its rounded form has the means of the graph itself.

    Args:
        graph: of float32.
        ranges: smallest and largest value by tensor.
        images: float32 `(H, W, 3)` at the size of the graph.
        floats: places of the operators that will not be rounded.

    Returns:
        The copy; `None` where the graph has an operation that is not known here.
    """
    if not is_known_graph(graph):
        return None
    found = Graph(graph.content())
    batch = tf.constant(np.stack(images), tf.float32)
    exact, rounded = Running(graph, batch), _Rounded(found, batch, ranges, floats)
    for place, operator in enumerate(graph.operators):
        wanted, shifted = exact.compute(place), rounded.compute(place)
        if _has_bias(found, operator):
            shift = _shift(operator, wanted[0], shifted[0])
            bias = found.operators[place].inputs[_BIASES[operator.kind]]
            found.replace_constant(found.operators[place], _BIASES[operator.kind], found.constant(bias) + shift.numpy())
            shifted = [shifted[0] + shift]
        exact.store(place, [activate(operator, values) for values in wanted])
        rounded.store(place, [activate(operator, values) for values in shifted])
    return found


def _has_bias(graph: Graph, operator: Operator) -> bool:
    position = _BIASES.get(operator.kind)
    if position is None or len(operator.inputs) <= position or operator.inputs[position] < 0:
        return False
    return graph.is_constant(operator.inputs[position])


def _shift(operator: Operator, wanted: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
    goal, shift = tf.reduce_mean(activate(operator, wanted), (0, 1, 2)), tf.zeros(found.shape[-1])
    for _ in range(_ROUNDS):
        shift += goal - tf.reduce_mean(activate(operator, found + shift), (0, 1, 2))
    return shift


class _Rounded(Running):
    """The same, rounded as a file of integers rounds them."""

    def __init__(self, graph: Graph, images: tf.Tensor, ranges: Ranges, floats: Collection[int]) -> None:
        super().__init__(graph, images)
        self.ranges, self.floats = ranges, frozenset(floats)

    def taken(self, place: int, position: int, tensor: int) -> tf.Tensor | np.ndarray:
        values = super().taken(place, position, tensor)
        if place in self.floats:
            return values
        if tensor in self.values:
            return self.rounded(tensor, values)
        kind = self.graph.operators[place].kind
        return _rounded_filters(values, _CHANNEL_AXES[kind]) if position == _FILTER and kind in _BIASES else values

    def store(self, place: int, found: Values) -> None:
        if place not in self.floats:
            outputs = self.graph.operators[place].outputs
            found = [self.rounded(tensor, values) for tensor, values in zip(outputs, found, strict=True)]
        super().store(place, found)

    def rounded(self, tensor: int, values: tf.Tensor) -> tf.Tensor:
        if tensor not in self.ranges:
            return values
        low, high = self.ranges[tensor]
        return tf.quantization.fake_quant_with_min_max_args(values, low, max(high, low + 1e-6))


def _rounded_filters(filters: np.ndarray, axis: int) -> tf.Tensor:
    # One scale for each channel, symmetric around 0.
    axes = [other for other in range(4) if other != axis]
    scale = tf.maximum(tf.reduce_max(tf.abs(filters), axes, keepdims=True), 1e-12) / 127
    return tf.round(filters / scale) * scale
