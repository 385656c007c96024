"""Running a graph operation by operation, with no more of its values in memory than are still needed."""

import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from keras_rau.export.quantisation.graph import Graph, Operator
from keras_rau.export.quantisation.operations import Values, activate, compute, is_known

# Where the constant lies that says over which axes an operation goes, or that is not an image.
_ARGUMENTS = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 1,
    "FULLY_CONNECTED": 1,
    "MEAN": 1,
    "PAD": 1,
    "REDUCE_MAX": 1,
    "SPLIT": 0,
    "SPLIT_V": 2,
    "SUM": 1,
    "TILE": 1,
    "TRANSPOSE": 1,
    "TRANSPOSE_CONV": 1,
}
# What such a constant holds for the axis of images when it leaves them alone.
_OF_FIRST_AXIS = {"PAD": 0, "TILE": 1, "TRANSPOSE": 0}


def is_known_graph(graph: Graph) -> bool:
    """Whether every operation of a graph can be run here, on several images at once."""
    return all(
        is_known(operator)
        and all(graph.shape(tensor)[:1] == (1,) for tensor in operator.outputs)
        and _leaves_images_apart(graph, operator)
        for operator in graph.operators
    )


def _leaves_images_apart(graph: Graph, operator: Operator) -> bool:
    if operator.kind == "CONCATENATION":
        return operator.options.axis % len(graph.shape(operator.output)) != 0
    position = _ARGUMENTS.get(operator.kind)
    if position is None:
        return True
    if not graph.is_constant(operator.inputs[position]):
        return False
    argument = graph.constant(operator.inputs[position])
    if operator.kind in ("MEAN", "REDUCE_MAX", "SUM", "SPLIT", "SPLIT_V"):
        image = operator.inputs[1 if operator.kind == "SPLIT" else 0]
        return bool((argument % len(graph.shape(image)) != 0).all())
    if operator.kind in _OF_FIRST_AXIS:
        return bool((argument[0] == _OF_FIRST_AXIS[operator.kind]).all())
    return True


def images_within(graph: Graph, values: int) -> int:
    """How many images the largest tensor of a graph holds in so many values; at least 1."""
    largest = max(math.prod(graph.shape(operator.output)) for operator in graph.operators)
    return max(1, values // largest)


class Running:
    """The values of the tensors of a graph, as far as they are still needed.

    Args:
        graph: of operations that are known.
        images: float32 `(B, H, W, 3)`.
    """

    def __init__(self, graph: Graph, images: tf.Tensor) -> None:
        self.graph = graph
        self.values: dict[int, tf.Tensor] = {graph.inputs[0]: images}
        self._last = {tensor: place for place, operator in enumerate(graph.operators) for tensor in operator.inputs}

    def compute(self, place: int) -> Values:
        """Results of the operator at a place, before the activation that is fused into it."""
        operator = self.graph.operators[place]
        taken = [self.taken(place, position, tensor) for position, tensor in enumerate(operator.inputs) if tensor >= 0]
        return compute(operator, taken)

    def taken(self, place: int, position: int, tensor: int) -> tf.Tensor | np.ndarray:
        """What an operator takes at a position."""
        del place, position
        return self.values[tensor] if tensor in self.values else self.graph.constant(tensor)

    def store(self, place: int, found: Values) -> None:
        """Keep the results of the operator at a place, and forget what no later one takes."""
        self.values.update(zip(self.graph.operators[place].outputs, found, strict=True))
        for tensor in [tensor for tensor in self.values if self._last.get(tensor, -1) <= place]:
            del self.values[tensor]


def results(graph: Graph, images: np.ndarray) -> Iterator[tuple[int, tf.Tensor]]:
    """Every tensor that a graph computes and its values for `images` `(B, H, W, 3)`, in order."""
    running = Running(graph, tf.constant(images, tf.float32))
    for place, operator in enumerate(graph.operators):
        found = [activate(operator, values) for values in running.compute(place)]
        running.store(place, found)
        yield from zip(operator.outputs, found, strict=True)
