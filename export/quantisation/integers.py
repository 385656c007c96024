"""From a TFLite file of float32 to one of integers."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# What tf.lite.experimental.QuantizationDebugger calls; it alone takes ranges and operations to leave out.
from tensorflow.lite.python.convert import mlir_quantize

from keras_rau.export.quantisation.correction import correct_biases
from keras_rau.export.quantisation.equalisation import equalise
from keras_rau.export.quantisation.graph import Graph
from keras_rau.export.quantisation.halves import halve_weights
from keras_rau.export.quantisation.ranges import SAME_SCALE, Extremes, agreed, measure
from keras_rau.export.quantisation.running import images_within

# Maps from a quarter of the image's side on stay floats: few weights lie there, and an outline is lost first there.
_FINE = 4
# Parts of a concatenation share one scale: those of so many times smaller values would be crushed, and what takes them, too.
_UNEVEN = 8
# Images that biases are corrected on: their values are in memory together, and the largest tensor may hold so many of them.
_CORRECTED_ON, _LARGEST = 64, 2**25


def to_integers(content: bytes, images: Sequence[np.ndarray], integer_only: bool = False) -> bytes:
    """Quantise a network: weights of one scale a channel, values of one scale a tensor, uint8 in and out.

    Channels are equalised and biases corrected first. A pixel value is a step of the input, and probabilities count in
    steps of 1/256. Operations on fine maps stay floats, with weights of 16 bits; so do concatenations of maps of very
    different size.

    Args:
        content: TFLite file of float32 with one input and one output.
        images: float32 `(H, W, 3)` in [0, 255], from which ranges are measured.
        integer_only: round these operations, too.

    Returns:
        TFLite file.
    """
    graph = Graph(content)
    equalise(graph, measure(graph, images))
    extremes = measure(graph, images)
    floats = [] if integer_only else _floats(graph, extremes)
    ranges = agreed(graph, extremes)
    count = min(_CORRECTED_ON, max(8, images_within(graph, _LARGEST)))
    graph = correct_biases(graph, ranges, images[:count], floats) or graph
    for tensor, (low, high) in ranges.items():
        graph.set_range(tensor, low, high)
    names = [graph.name(graph.operators[place].output) for place in floats]
    rounded = Graph(
        mlir_quantize(
            graph.content(), input_data_type=tf.uint8, output_data_type=tf.uint8, denylisted_nodes=names or None
        )
    )
    halve_weights(rounded.model)
    return rounded.content()


def _floats(graph: Graph, extremes: Extremes) -> list[int]:
    places = sorted({*_fine_operations(graph), *_uneven_concatenations(graph, extremes)})
    # The converter does not leave out what has several results.
    return [place for place in places if len(graph.operators[place].outputs) == 1]


def _fine_operations(graph: Graph) -> list[int]:
    side = graph.shape(graph.inputs[0])[1]
    shapes = [graph.shape(operator.output) for operator in graph.operators]
    return [place for place, shape in enumerate(shapes) if len(shape) == 4 and shape[1] * _FINE >= side]


def _uneven_concatenations(graph: Graph, extremes: Extremes) -> list[int]:
    """Those of parts of very different size, such as products beside maps; what makes the small ones; what takes them."""
    found = []
    for operator in graph.operators:
        if operator.kind != "CONCATENATION":
            continue
        sizes = {part: max(map(abs, extremes.of(part))) for part in operator.inputs if part in extremes.lowest}
        small = {part for part, size in sizes.items() if size * _UNEVEN < max(sizes.values())}
        if small:
            found += _with_what_shares_their_scale(graph, small, operator.output)
    return found


def _with_what_shares_their_scale(graph: Graph, parts: set[int], whole: int) -> list[int]:
    """What makes and takes some parts, and what takes the whole; with what hands their scale on.

    The converter gives all of these one scale, even where the concatenation itself is left out.
    """
    before, after = set(parts), {whole}
    for operator in reversed(graph.operators):
        if operator.kind in SAME_SCALE and before.intersection(operator.outputs):
            before.update(tensor for tensor in operator.inputs if not graph.is_constant(tensor))
    for operator in graph.operators:
        if operator.kind in SAME_SCALE and after.intersection(operator.inputs):
            after.update(operator.outputs)
    return [
        place
        for place, operator in enumerate(graph.operators)
        if before.intersection((*operator.inputs, *operator.outputs)) or after.intersection(operator.inputs)
    ]
