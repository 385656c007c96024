"""What is done to a network before its numbers are rounded."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.lite.python.convert import mlir_quantize

from keras_rau import layers
from keras_rau.datasets import draw_phantom
from keras_rau.export.cost import cost_of
from keras_rau.export.quantisation import integers, ranges
from keras_rau.export.quantisation.correction import correct_biases
from keras_rau.export.quantisation.equalisation import equalise
from keras_rau.export.quantisation.graph import Graph
from keras_rau.export.quantisation.halves import halve_weights
from keras_rau.export.quantisation.integers import to_integers
from keras_rau.export.quantisation.operations import is_known
from keras_rau.export.quantisation.ranges import agreed, measure
from keras_rau.export.quantisation.running import is_known_graph
from keras_rau.export.to_saved_model import write_saved_model
from keras_rau.models import from_preset

SIDE = 32


@pytest.fixture(scope="module")
def images():
    return list(np.random.default_rng(0).uniform(0, 255, (8, SIDE, SIDE, 3)).astype("float32"))


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A network with every tie between channels, some of them a hundred times as large as others."""
    keras.utils.set_random_seed(1)
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    skip = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    skip = keras.layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(skip)
    x = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu6")(skip)
    x = keras.layers.MaxPooling2D()(keras.layers.Conv2D(16, 1)(x))
    x = layers.BoundaryReverseAttention(16)([keras.layers.AveragePooling2D(4)(skip), x])
    x = layers.Upsample()([x, skip])
    x = keras.layers.Concatenate()([x, keras.layers.Add()([x, skip])])
    x = keras.layers.Conv2DTranspose(4, 2, strides=2)(keras.layers.Conv2D(4, 3, strides=2, padding="same")(x))
    model = keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(x))
    return converted(model, tmp_path_factory.mktemp("graph") / "saved")


def converted(model, folder):
    """Of channels some of which are a hundred times as large as others."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * np.geomspace(0.1, 10, kernel.shape[3]), bias + 0.1])
    write_saved_model(model, folder, (1, SIDE, SIDE, 3))
    return tflite(folder)


def tflite(folder):
    return tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"]).convert()


def run(content, image):
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    signature = interpreter.get_signature_runner("serving_default")
    details = signature.get_output_details()["mask"]
    scale = details["quantization"][0] or 1
    return scale * signature(image=image[None].astype(signature.get_input_details()["image"]["dtype"]))["mask"]


def test_a_graph_is_written_as_it_was_read(content, images):
    written = Graph(content).content()
    np.testing.assert_array_equal(run(written, images[0]), run(content, images[0]))
    assert len(written) <= 1.02 * len(content)


def test_weights_in_16_bits(content, images, tmp_path):
    graph = Graph(content)
    halve_weights(graph.model, least=256)
    halved = graph.content()
    assert len(halved) <= 0.75 * len(content)
    np.testing.assert_allclose(run(halved, images[0]), run(content, images[0]), atol=0.01)
    (tmp_path / "m.tflite").write_bytes(halved)
    cost = cost_of(tmp_path / "m.tflite", measure=False)
    assert cost.operators["DEQUANTIZE"] >= 4
    assert not cost.plain


def test_equalised_networks_compute_the_same_with_ranges_of_like_size(content, images):
    graph = Graph(content)
    before = measure(graph, images)
    equalise(graph, before)
    after = measure(graph, images)
    np.testing.assert_allclose(run(graph.content(), images[0]), run(content, images[0]), atol=2e-5)

    def spread(extremes):
        sizes = [np.maximum(extremes.highest[tensor], -extremes.lowest[tensor]) for tensor in extremes.highest]
        return [np.ptp(np.log(size[size > 1e-3])) for size in sizes if (size > 1e-3).sum() > 1]

    assert np.mean(spread(after)) < 0.8 * np.mean(spread(before))
    assert not np.array_equal(run(graph.content(), images[0]), run(content, images[0])), "nothing was changed"


def test_the_parts_of_a_split_keep_what_they_are(images, tmp_path):
    keras.utils.set_random_seed(2)
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(8, 3, strides=8, padding="same", activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    parts = keras.ops.split(x, 4, axis=-1)
    parts = [
        keras.ops.sigmoid(parts[0]),
        *(keras.layers.Conv2D(2, 3, padding="same", activation="relu")(part) for part in parts[1:]),
    ]
    x = keras.layers.Concatenate()(parts)
    content = converted(keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(x)), tmp_path / "saved")
    graph = Graph(content)
    assert any(operator.kind.startswith("SPLIT") for operator in graph.operators)
    before = measure(graph, images)
    equalise(graph, before)
    after = measure(graph, images)
    np.testing.assert_allclose(run(graph.content(), images[0]), run(content, images[0]), atol=1e-5)
    (split,) = (operator for operator in graph.operators if operator.kind.startswith("SPLIT"))
    spread = [np.ptp(np.log(np.concatenate([one.highest[part] for part in split.outputs]))) for one in (before, after)]
    assert spread[1] < spread[0]
    assert len({agreed(graph, after)[tensor] for tensor in (split.inputs[-1], *split.outputs)}) == 1


def test_ranges_hold_every_value_and_are_shared_where_they_must_be(content, images):
    graph = Graph(content)
    found = agreed(graph, measure(graph, images))
    assert found[graph.inputs[0]] == (0, 255)
    kinds = {operator.kind: operator for operator in graph.operators}
    joined = kinds["CONCATENATION"]
    assert {found[tensor] for tensor in joined.inputs} == {found[joined.output]}
    assert found[kinds["LOGISTIC"].output] == (0, 255 / 256)
    assert all(low <= 0 <= high for low, high in found.values())


@pytest.fixture(scope="module")
def attentive(tmp_path_factory):
    """A network with what attention is made of: vectors over maps, products of maps, parts, softmax, normalisation."""
    keras.utils.set_random_seed(3)
    ops = keras.ops
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(8, 3, strides=4, padding="same")(keras.layers.Rescaling(1 / 255)(image))
    x = keras.layers.PReLU(shared_axes=(1, 2))(x)
    vector = keras.layers.Dense(8, activation="sigmoid")(keras.layers.GlobalAveragePooling2D()(x))
    x = x * keras.layers.Reshape((1, 1, 8))(vector)
    query, key, value, rest = ops.split(x, 4, axis=-1)
    attention = ops.softmax(ops.matmul(ops.transpose(query, (0, 1, 3, 2)), key), axis=-1)
    x = ops.concatenate([ops.matmul(value, attention), ops.gelu(rest), x[:, :, :, 2:5]], axis=-1)
    x = keras.layers.LayerNormalization()(x)
    x = x / (1 + ops.exp(-ops.max(ops.abs(x), axis=-1, keepdims=True)))
    model = keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(x))
    return converted(model, tmp_path_factory.mktemp("attentive") / "saved")


@pytest.mark.parametrize("network", ["content", "attentive"])
def test_ranges_are_those_of_the_interpreter(network, images, request):
    graph = Graph(request.getfixturevalue(network))
    assert is_known_graph(graph)
    found, wanted = ranges._measure_here(graph, images), ranges._measure_by_interpreter(graph, images)
    assert found.lowest.keys() == wanted.lowest.keys()
    for tensor in wanted.lowest:
        np.testing.assert_allclose(found.lowest[tensor], wanted.lowest[tensor], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(found.highest[tensor], wanted.highest[tensor], rtol=1e-3, atol=1e-3)


def test_ranges_of_operations_with_several_results(images, tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    one, other, *_ = keras.ops.split(keras.layers.Conv2D(8, 3)(image), 4, axis=-1)
    model = keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(one - 3 * other))
    write_saved_model(model, tmp_path / "saved", (1, SIDE, SIDE, 3))
    graph = Graph(tflite(tmp_path / "saved"))
    several = next(operator for operator in graph.operators if len(operator.outputs) > 1)
    assert set(several.outputs) <= set(measure(graph, images).lowest)


def test_corrected_biases_bring_the_maps_closer(tmp_path):
    write_saved_model(from_preset("rau_net_nano", input_shape=(64, 64, 3)), tmp_path / "saved", (1, 64, 64, 3))
    content = tflite(tmp_path / "saved")
    drawn = [draw_phantom(0, index, 64)[0].astype(np.float32) for index in range(24)]
    graph = Graph(content)
    found = agreed(graph, measure(graph, drawn))
    fixed = correct_biases(graph, found, drawn[:16])
    wanted = np.stack([run(content, image) for image in drawn])
    differences = []
    for candidate in (graph, fixed):
        for tensor, (low, high) in found.items():
            candidate.set_range(tensor, low, high)
        rounded = mlir_quantize(candidate.content(), input_data_type=tf.uint8, output_data_type=tf.uint8)
        differences.append(np.abs(np.stack([run(rounded, image) for image in drawn]) - wanted).mean())
    assert differences[1] < 0.85 * differences[0]


def test_small_parts_of_a_concatenation_are_not_crushed_by_large_ones(images, tmp_path, monkeypatch):
    keras.utils.set_random_seed(4)
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(4, 3, strides=8, padding="same", activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    small = keras.layers.Conv2D(4, 3, padding="same")(x)
    x = keras.layers.Concatenate()([1e4 * x * x * x, small])
    kernel = np.random.default_rng(4).normal(size=(1, 1, 8, 1)) * np.repeat([1e-4, 1], 4)[:, None]
    last = keras.layers.Conv2D(1, 1, activation="sigmoid")
    model = keras.Model(image, last(x))
    last.set_weights([kernel, np.zeros(1)])
    write_saved_model(model, tmp_path / "saved", (1, SIDE, SIDE, 3))
    content = tflite(tmp_path / "saved")
    wanted = np.stack([run(content, image) for image in images])
    # Equalised, they would not differ in size.
    monkeypatch.setattr(integers, "equalise", lambda *_: None)
    differences = []
    for allowed in (integers._UNEVEN, np.inf):
        monkeypatch.setattr(integers, "_UNEVEN", allowed)
        found = to_integers(content, images)
        differences.append(np.abs(np.stack([run(found, image) for image in images]) - wanted).mean())
    assert differences[0] < 0.5 * differences[1]


def test_biases_are_corrected_behind_parts_and_attention(attentive, images):
    graph = Graph(attentive)
    fixed = correct_biases(graph, agreed(graph, measure(graph, images)), images)
    place, operator = next(
        (place, one) for place, one in reversed(list(enumerate(graph.operators))) if one.kind == "CONV_2D"
    )
    moved = fixed.constant(fixed.operators[place].inputs[2]) - graph.constant(operator.inputs[2])
    assert 0 < np.abs(moved).max() < 1


def test_nothing_is_rounded_where_everything_is_left_out(content, images):
    graph = Graph(content)
    kept = correct_biases(graph, agreed(graph, measure(graph, images)), images, range(len(graph.operators)))
    np.testing.assert_allclose(run(kept.content(), images[0]), run(content, images[0]), atol=1e-5)


def test_an_unknown_operation_is_quantised_without_correction(images, tmp_path):
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(image)
    x = keras.ops.softplus(x / 255)
    model = keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(x))
    write_saved_model(model, tmp_path / "saved", (1, SIDE, SIDE, 3))
    float_file = tflite(tmp_path / "saved")
    assert not all(is_known(operator) for operator in Graph(float_file).operators)
    found = to_integers(float_file, images)
    np.testing.assert_allclose(run(found, images[0]), run(float_file, images[0]), atol=0.05)
