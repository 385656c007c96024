"""The smallest and the largest values that the tensors of a graph take."""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from scipy.cluster.hierarchy import DisjointSet

from keras_rau.export.quantisation.graph import Graph
from keras_rau.export.quantisation.running import images_within, is_known_graph, results

# Their results have the scale of what they take.
SAME_SCALE = (
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "MAXIMUM",
    "MAX_POOL_2D",
    "REDUCE_MAX",
    "RESHAPE",
    "PAD",
    "SPLIT",
    "SPLIT_V",
    "SLICE",
    "STRIDED_SLICE",
    "TILE",
    "TRANSPOSE",
)
# The format fixes the scales of these results.
_PROBABILITIES = (0.0, 255 / 256)
_FIXED = {"LOGISTIC": _PROBABILITIES, "SOFTMAX": _PROBABILITIES, "TANH": (-1.0, 127 / 128)}
PIXELS = (0.0, 255.0)
# Values that never leave 0, of units that died in training, get steps of a common size: where a scale is 256 times smaller
# than those it follows from, XNNPACK refuses the network or stops the process.
_DEAD, _OF_DEAD = 2e-6, (0.0, 1.0)
_TOGETHER = 2**24  # values of the largest tensor that are in memory at once
# Smallest and largest value by tensor.
Ranges = dict[int, tuple[float, float]]


class Extremes:
    """Smallest and largest value of each channel of each tensor of floats.

    Attributes:
        lowest: by tensor, `(channels,)`.
        highest: by tensor, `(channels,)`.
    """

    def __init__(self) -> None:
        self.lowest: dict[int, np.ndarray] = {}
        self.highest: dict[int, np.ndarray] = {}

    def add(self, tensor: int, values: np.ndarray | tf.Tensor) -> None:
        """Take the values of a tensor, channels last, into account."""
        flat = tf.reshape(values, (-1, values.shape[-1] if len(values.shape) else 1))
        lowest, highest = tf.reduce_min(flat, 0).numpy(), tf.reduce_max(flat, 0).numpy()
        self.lowest[tensor] = np.minimum(self.lowest.get(tensor, lowest), lowest)
        self.highest[tensor] = np.maximum(self.highest.get(tensor, highest), highest)

    def of(self, tensor: int) -> tuple[float, float]:
        """Smallest and largest value of a tensor; 0 lies between them."""
        return min(0.0, float(self.lowest[tensor].min())), max(0.0, float(self.highest[tensor].max()))


def measure(graph: Graph, images: Sequence[np.ndarray]) -> Extremes:
    """Run a graph on images, float32 `(H, W, 3)`."""
    return _measure_here(graph, images) if is_known_graph(graph) else _measure_by_interpreter(graph, images)


def _measure_here(graph: Graph, images: Sequence[np.ndarray]) -> Extremes:
    extremes = Extremes()
    count = images_within(graph, _TOGETHER)
    for first in range(0, len(images), count):
        for tensor, values in results(graph, np.stack(images[first : first + count])):
            extremes.add(tensor, values)
    return extremes


def _measure_by_interpreter(graph: Graph, images: Sequence[np.ndarray]) -> Extremes:
    interpreter = Interpreter(
        model_content=graph.content(),
        # Also of what operations need while they run: gigabytes for wide models.
        experimental_preserve_all_tensors=True,
        # A delegate would not leave values between its operations.
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=os.cpu_count(),
    )
    interpreter.allocate_tensors()
    tensors = [tensor for operator in graph.operators for tensor in operator.outputs]
    kinds = {detail["index"]: detail["dtype"] for detail in interpreter.get_tensor_details()}
    extremes = Extremes()
    for image in images:
        interpreter.set_tensor(graph.inputs[0], image[None])
        interpreter.invoke()
        for tensor in tensors:
            if kinds[tensor] == np.float32:
                extremes.add(tensor, interpreter.get_tensor(tensor))
    return extremes


def agreed(graph: Graph, extremes: Extremes) -> Ranges:
    """Range of each tensor; one for all those that an operation wants in one scale.

    It is that of all pixel values for the input, and that of all probabilities for a result that lies in [0, 1].
    """
    alike = [operator for operator in graph.operators if operator.kind in SAME_SCALE]
    scales = DisjointSet([*extremes.lowest, *(operator.output for operator in alike)])
    for operator in alike:
        for tensor in (*operator.inputs, *operator.outputs):
            if tensor in extremes.lowest:
                scales.merge(tensor, operator.output)
    found: Ranges = {}
    for tensor in extremes.lowest:
        low, high = extremes.of(tensor)
        other = found.get(scales[tensor], (low, high))
        found[scales[tensor]] = (min(low, other[0]), max(high, other[1]))
    found = {root: _OF_DEAD if high - low <= _DEAD else (low, high) for root, (low, high) in found.items()}
    fixed = {}
    for operator in graph.operators:
        if operator.kind in _FIXED:
            fixed[operator.output] = _FIXED[operator.kind]
        elif operator.output in graph.outputs and operator.kind not in SAME_SCALE:
            low, high = extremes.of(operator.output)
            if low >= 0 and high <= 1:
                fixed[operator.output] = _PROBABILITIES
    return {**{tensor: found[scales[tensor]] for tensor in extremes.lowest}, **fixed, graph.inputs[0]: PIXELS}
