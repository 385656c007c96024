"""Giving the channels of a tensor ranges of like size, without changing what a network computes.

One scale holds for all channels of a tensor of integers, so that a channel of small values is left with a few steps when
another is large. Where only linear and positively homogeneous operations follow, a channel may be divided by a factor by
which the weights that read it are multiplied: cross-layer equalisation (Nagel et al., "Data-Free Quantization through
Weight Equalization and Bias Correction", ICCV 2019, section 4.1), here over whole sets of channels that additions,
concatenations and resizing tie together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from keras_rau.export.quantisation.graph import Graph, Operator
from keras_rau.export.quantisation.ranges import Extremes

_FIXED = "fixed"
_HOMOGENEOUS = ("NONE", "RELU")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_CHANNEL_BY_CHANNEL = ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "MAX_POOL_2D", "AVERAGE_POOL_2D")
# Half of the differences goes into the weights: all of them would cost the weights as much as the values gain.
_SHARE = 0.5


def equalise(graph: Graph, extremes: Extremes) -> None:
    """Change the weights of a graph so that channels have ranges of like size."""
    ties = _ties(graph)
    sizes: dict[object, float] = {}
    for tensor, highest in extremes.highest.items():
        largest = np.maximum(np.abs(extremes.lowest[tensor]), np.abs(highest))
        for channel in range(graph.channels(tensor)):
            root = _root(ties, (tensor, channel))
            sizes[root] = max(sizes.get(root, 0.0), float(largest[channel]))
    # A channel that never was anything else than 0 says nothing of its size.
    factors = {root: size**_SHARE if size > 1e-6 else 1.0 for root, size in sizes.items()}
    factors[ties[_FIXED]] = 1.0

    def of(tensor: int) -> np.ndarray:
        return np.array([factors.get(_root(ties, (tensor, channel)), 1.0) for channel in range(graph.channels(tensor))])

    for operator in graph.operators:
        if _is_convolution(graph, operator):
            _rescale(graph, operator, of(operator.inputs[0]), of(operator.output))


def _rescale(graph: Graph, operator: Operator, taken: np.ndarray, given: np.ndarray) -> None:
    weights = graph.constant(operator.inputs[1])
    if operator.kind == "CONV_2D":  # (out, height, width, in)
        weights = weights * taken / given[:, None, None, None]
    else:  # (1, height, width, out), several of one input channel side by side
        weights = weights * np.repeat(taken, weights.shape[-1] // len(taken)) / given
    graph.replace_constant(operator, 1, weights)
    if _has_bias(operator):
        graph.replace_constant(operator, 2, graph.constant(operator.inputs[2]) / given)


def _has_bias(operator: Operator) -> bool:
    return len(operator.inputs) > 2 and operator.inputs[2] >= 0


def _is_convolution(graph: Graph, operator: Operator) -> bool:
    """Of all channels, or of each apart: in groups, they keep their values."""
    if operator.kind not in _CONVOLUTIONS:
        return False
    image, filters, *_ = operator.inputs
    in_groups = operator.kind == "CONV_2D" and graph.channels(filters) != graph.channels(image)
    return not in_groups and all(graph.is_constant(tensor) for tensor in operator.inputs[1:] if tensor >= 0)


def _ties(graph: Graph) -> DisjointSet:
    # Channels that must share a factor; with _FIXED those that must keep their values.
    ties = DisjointSet([_FIXED])
    for tensor in (*graph.inputs, *graph.outputs):
        _fix(ties, graph, tensor)
    for operator in graph.operators:
        values = [tensor for tensor in operator.inputs if tensor >= 0 and not graph.is_constant(tensor)]
        homogeneous = operator.activation in _HOMOGENEOUS
        if _is_convolution(graph, operator):
            if not homogeneous:
                _fix(ties, graph, operator.output)
        elif operator.kind in _CHANNEL_BY_CHANNEL and homogeneous:
            _tie(ties, graph, values[0], operator.output)
        elif operator.kind == "CONCATENATION" and homogeneous and _joins_channels(graph, operator, values):
            _tie_side_by_side(ties, graph, operator.output, operator.inputs)
        elif operator.kind in ("SPLIT", "SPLIT_V") and _divides_channels(graph, values[0], operator.outputs):
            _tie_side_by_side(ties, graph, values[0], operator.outputs)
        elif operator.kind == "ADD" and homogeneous and _alike(graph, values):
            for tensor in values:
                _tie(ties, graph, tensor, operator.output)
        elif operator.kind == "MUL" and homogeneous and _is_gate(graph, values):
            gate, features = sorted(values, key=graph.channels)
            _fix(ties, graph, gate)
            _tie(ties, graph, features, operator.output)
        else:
            for tensor in (*values, *operator.outputs):
                _fix(ties, graph, tensor)
    return ties


def _alike(graph: Graph, tensors: list[int]) -> bool:
    return len(tensors) == 2 and graph.channels(tensors[0]) == graph.channels(tensors[1])


def _joins_channels(graph: Graph, operator: Operator, values: list[int]) -> bool:
    return len(values) == len(operator.inputs) and _divides_channels(graph, operator.output, values)


def _divides_channels(graph: Graph, whole: int, parts: Sequence[int]) -> bool:
    return sum(graph.channels(tensor) for tensor in parts) == graph.channels(whole)


def _is_gate(graph: Graph, tensors: list[int]) -> bool:
    counts = sorted(graph.channels(tensor) for tensor in tensors)
    return len(counts) == 2 and counts[0] == 1 < counts[1]


def _root(ties: DisjointSet, item: Any) -> Any:
    """The member that stands for the set of an item, which need not be known."""
    ties.add(item)
    return ties[item]


def _join(ties: DisjointSet, one: Any, other: Any) -> None:
    for item in (one, other):
        ties.add(item)
    ties.merge(one, other)


def _fix(ties: DisjointSet, graph: Graph, tensor: int) -> None:
    for channel in range(graph.channels(tensor)):
        _join(ties, (tensor, channel), _FIXED)


def _tie(ties: DisjointSet, graph: Graph, one: int, other: int) -> None:
    for channel in range(graph.channels(one)):
        _join(ties, (one, channel), (other, channel))


def _tie_side_by_side(ties: DisjointSet, graph: Graph, whole: int, parts: Sequence[int]) -> None:
    first = 0
    for tensor in parts:
        for channel in range(graph.channels(tensor)):
            _join(ties, (tensor, channel), (whole, first + channel))
        first += graph.channels(tensor)
