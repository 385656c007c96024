"""Every layer inside other people's models: any style, any size."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import layers
from tests.harness import random_inputs, shapes_of, symbolic_inputs
from tests.layers.cases import CASES, CHANNELS_LAST


def _without_size(shapes):
    if isinstance(shapes, list):
        return [_without_size(shape) for shape in shapes]
    return (None, None, None, shapes[3])


@pytest.mark.parametrize("case", CASES)
def test_functional_with_unknown_size_equals_static(case):
    layer_class, arguments, shapes, expected = CASES[case]
    layer = layer_class(**arguments)
    inputs = symbolic_inputs(_without_size(shapes))
    outputs = layer(inputs)
    assert shapes_of(outputs) == _without_size(expected)
    model = keras.Model(inputs, outputs)
    values = random_inputs(shapes)
    found, wanted = model.predict(values, verbose=0), layer(values)
    if not isinstance(expected, list):
        found, wanted = [found], [wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, ops.convert_to_numpy(other), atol=1e-5)


@pytest.mark.parametrize("size", [(7, 9), (16, 16), (33, 20)])
def test_odd_sizes(size):
    skip = random_inputs((1, *size, 4))
    below = random_inputs((1, size[0] // 2, size[1] // 2, 6))
    for layer in (
        layers.ReverseAttention(3),
        layers.BoundaryAttention(3, form="edge"),
        layers.BoundaryReverseAttention(3),
    ):
        assert layer([skip, below]).shape == (1, *size, 3)
    for form in ("common", "original"):
        assert layers.AttentionGate(2, form)([skip, below]).shape == skip.shape


def test_sequential():
    model = keras.Sequential(
        [keras.Input((9, 7, 3)), layers.ConvBlock(4), layers.Upsample(3), keras.layers.Conv2D(1, 1)]
    )
    assert model.predict(random_inputs((2, 9, 7, 3)), verbose=0).shape == (2, 27, 21, 1)


def test_subclassed_model_trains_saves_and_loads(tmp_path):
    @keras.saving.register_keras_serializable(package="test")
    class Small(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = keras.layers.Conv2D(4, 3, padding="same")
            self.second = keras.layers.Conv2D(6, 3, strides=2, padding="same")
            self.attention = layers.BoundaryReverseAttention(4)
            self.head = keras.layers.Conv2D(1, 1, activation="sigmoid")

        def call(self, inputs, training=None):
            skip = self.first(inputs)
            return self.head(self.attention([skip, self.second(skip)], training=training))

    images, masks = random_inputs((4, 12, 12, 3)), np.zeros((4, 12, 12, 1), "float32")
    model = Small()
    model.compile("adam", "binary_crossentropy")
    losses = model.fit(images, masks, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "small.keras")
    loaded = keras.saving.load_model(tmp_path / "small.keras")
    np.testing.assert_allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow on CPU has no channels_first")
@pytest.mark.parametrize(
    "case",
    [name for name in CASES if "separable" not in name and name not in CHANNELS_LAST],
)
def test_channels_first_equals_channels_last(case):
    layer_class, arguments, shapes, _ = CASES[case]
    last = layer_class(**arguments, data_format="channels_last")
    first = layer_class(**arguments, data_format="channels_first")
    several = isinstance(shapes, list)
    values = random_inputs(shapes)
    moved = [np.moveaxis(v, -1, 1) for v in values] if several else np.moveaxis(values, -1, 1)
    wanted, _ = last(values), first(moved)
    first.set_weights(last.get_weights())
    found = first(moved)
    if not isinstance(wanted, list):
        wanted, found = [wanted], [found]
    for one, other in zip(wanted, found, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), np.moveaxis(ops.convert_to_numpy(other), 1, -1), atol=1e-5
        )


KERAS_CASES = [
    "upsample-factor",
    "upsample-reference",
    "conv-block",
    "reverse-half",
    "boundary",
    "bara",
    "gate",
    "gate-original",
]


# Keras trains there on a generator and also what has nothing to train, and warns about both.
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed", "ignore:The model does not have any trainable")
@pytest.mark.parametrize("name", KERAS_CASES)
def test_keras_own_harness(name):
    """Keras's `run_layer_test` is not public; where it can be imported our layers pass it."""
    testing = pytest.importorskip("keras.src.testing")
    layer_class, arguments, shapes, expected = CASES[name]
    case = testing.TestCase()
    case.setUp()
    case.run_layer_test(
        layer_class,
        init_kwargs=arguments,
        # Not a list: these feed a generator, and in a generator's elements tf.data takes a list for one tensor.
        input_shape=tuple(shapes),
        expected_output_shape=expected,
        supports_masking=False,
    )
