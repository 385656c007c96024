"""What networks of other people hold, in 8 bits: nothing of it may change what is computed before rounding."""

import keras
import numpy as np
import pytest
from keras import ops
from keras.layers import AveragePooling2D, Concatenate, Conv2D, Dense, GlobalAveragePooling2D

from keras_rau.export.quantisation import integers, ranges
from keras_rau.export.quantisation.equalisation import equalise
from keras_rau.export.quantisation.graph import Graph
from keras_rau.export.quantisation.integers import to_integers
from keras_rau.export.quantisation.running import is_known_graph
from keras_rau.export.to_tflite import write_frozen
from tests.deploy.test_quantisation_steps import run, tflite

SIDE, MAP = 32, 4


def constant(*shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def pooled(x):
    return GlobalAveragePooling2D(keepdims=True)(x)


class WithGrid(keras.layers.Layer):
    """Coordinates beside the channels of a map."""

    def call(self, inputs):
        grid = ops.convert_to_tensor(constant(1, MAP, MAP, 2))
        return ops.concatenate([inputs, ops.repeat(grid, ops.shape(inputs)[0], 0)], axis=-1)


PARTS = {
    "silu": lambda x: Conv2D(8, 3, padding="same", activation="silu")(x),
    "hard swish": lambda x: Conv2D(8, 3, padding="same", activation="hard_swish")(x),
    "elu": lambda x: Conv2D(8, 3, padding="same", activation="elu")(x),
    "two groups": lambda x: Conv2D(8, 3, padding="same", groups=2, activation="relu")(x),
    "more filters than groups": lambda x: Conv2D(16, 3, padding="same", groups=8)(x),
    "activation behind pooling": lambda x: ops.relu6(AveragePooling2D(2)(Conv2D(8, 1)(x) * 8)),
    "rows side by side": lambda x: Concatenate(axis=1)([Conv2D(8, 3, padding="same")(x), Conv2D(8, 1)(x)]),
    "position weights": lambda x: x + constant(MAP, MAP, 8),
    "weights of as many rows as images": lambda x: ops.reshape(x, (-1, 16, 8)) * constant(16, 8),
    "a grid beside maps": lambda x: WithGrid()(x),
    "dense layers on a flat map": lambda x: Dense(8)(keras.layers.Flatten()(Dense(4)(x))),
    "dense layers on one pixel": lambda x: Concatenate()(
        [Dense(8)(keras.layers.Flatten()(pooled(x))), pooled(x)[:, 0, 0]]
    ),
    "weights of channels from dead units": lambda x: (
        x
        * Dense(8, "sigmoid", use_bias=False)(
            Dense(2, "relu", use_bias=False, kernel_initializer=keras.initializers.Constant(-0.5))(pooled(x))
        )
    ),
    "a sum over images": lambda x: x * ops.mean(x, axis=(0, 1, 2, 3), keepdims=True),
}


def converted(part, folder):
    keras.utils.set_random_seed(6)
    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    x = Conv2D(8, 3, strides=SIDE // MAP, padding="same", activation="relu")(x)
    x = PARTS[part](x)
    if len(x.shape) != 4:
        x = ops.reshape(x, (-1, 1, 1, int(np.prod(x.shape[1:]))))
    model = keras.Model(image, Conv2D(1, 1, activation="sigmoid")(Conv2D(4, 1, activation="relu")(x)))
    for layer in model.layers:
        if isinstance(layer, Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * np.geomspace(0.2, 5, kernel.shape[3]), bias + 0.1])
    write_frozen(model, folder, (1, SIDE, SIDE, 3))
    return tflite(folder)


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_other_networks(part, tmp_path):
    images = list(np.random.default_rng(0).uniform(0, 255, (16, SIDE, SIDE, 3)).astype("float32"))
    content = converted(part, tmp_path / "saved")
    graph = Graph(content)
    assert is_known_graph(graph) == (part != "a sum over images")
    found = ranges.measure(graph, images)
    wanted = ranges._measure_by_interpreter(graph, images)
    for tensor in wanted.lowest:
        np.testing.assert_allclose(found.lowest[tensor], wanted.lowest[tensor], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(found.highest[tensor], wanted.highest[tensor], rtol=1e-3, atol=1e-3)
    equalise(graph, found)
    np.testing.assert_allclose(run(graph.content(), images[0]), run(content, images[0]), atol=2e-5)
    exact = np.stack([run(content, image) for image in images])
    rounded = np.stack([run(to_integers(content, images), image) for image in images])
    assert np.abs(rounded - exact).mean() < 0.03


def test_probabilities_count_in_steps_of_256_whatever_makes_them(tmp_path):
    images = list(np.random.default_rng(1).uniform(0, 255, (8, SIDE, SIDE, 3)).astype("float32"))
    image = keras.Input((SIDE, SIDE, 3))
    x = Conv2D(4, 3, strides=8)(keras.layers.Rescaling(1 / 255)(image))
    heads = [Conv2D(1, 1, activation="sigmoid")(x) for _ in range(2)]
    write_frozen(keras.Model(image, keras.layers.Average()(heads)), tmp_path / "saved", (1, SIDE, SIDE, 3))
    graph = Graph(to_integers(tflite(tmp_path / "saved"), images))
    (scale,) = graph.subgraph.tensors[graph.outputs[0]].quantization.scale
    assert scale == pytest.approx(1 / 256)


@pytest.mark.parametrize("where", ["enlarged before", "pooled behind", "read elsewhere, too"])
def test_small_maps_beside_large_ones_are_not_crushed_on_the_way(where, tmp_path, monkeypatch):
    keras.utils.set_random_seed(4)
    images = list(np.random.default_rng(1).uniform(0, 255, (8, SIDE, SIDE, 3)).astype("float32"))
    image = keras.Input((SIDE, SIDE, 3))
    x = Conv2D(4, 3, strides=8, padding="same", activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    small = Conv2D(4, 3, padding="same")(x)
    if where == "enlarged before":
        small = keras.layers.UpSampling2D(interpolation="bilinear")(Conv2D(4, 3, strides=2, padding="same")(x))
    joined = Concatenate()([1e4 * x * x * x, small])
    if where == "pooled behind":
        joined = keras.layers.MaxPooling2D(2)(joined)
    last = Conv2D(1, 1)
    mask = last(joined)
    if where == "read elsewhere, too":
        mask = mask + Conv2D(1, 1)(small)
    model = keras.Model(image, keras.layers.Activation("sigmoid")(mask))
    last.set_weights([constant(1, 1, 8, 1) * np.repeat([1e-4, 1], 4)[:, None].astype("float32"), np.zeros(1)])
    write_frozen(model, tmp_path / "saved", (1, SIDE, SIDE, 3))
    content = tflite(tmp_path / "saved")
    # Equalised, they would not differ in size.
    monkeypatch.setattr(integers, "equalise", lambda *_: None)
    found = to_integers(content, images)
    exact = np.stack([run(content, image) for image in images])
    assert np.abs(np.stack([run(found, image) for image in images]) - exact).mean() < 0.01
