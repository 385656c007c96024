"""Keras's private parts are as they were when our use of them was written."""

from types import SimpleNamespace

import keras
import pytest

from keras_rau import keras_internals


def _two_layers():
    image = keras.Input((4, 4, 3))
    hidden = keras.layers.Conv2D(2, 1, name="first")(image)
    return keras.Model(image, keras.layers.Conv2D(1, 1, name="second")(hidden))


def test_sublayers_are_found_also_outside_the_graph():
    model = _two_layers()
    model.extra = keras.layers.Dense(1, name="extra")
    assert [layer.name for layer in keras_internals.sublayers(model)][1:] == ["first", "second", "extra"]
    assert "extra" not in [layer.name for layer in model.layers]


def test_own_trainable_variables_stay_when_a_layer_is_frozen():
    norm = keras.layers.BatchNormalization()
    norm.build((None, 4))
    norm.trainable = False
    assert keras_internals.own_trainable_variables(norm) == [norm.gamma, norm.beta]
    assert keras_internals.own_trainable_variables(_two_layers()) == []


def test_a_forgotten_layer_is_no_part_any_more():
    class Pair(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.one, self.other = keras.layers.Dense(1), keras.layers.Dense(1)

    pair = Pair()
    dropped = pair.one
    keras_internals.forget(pair, dropped)
    pair.one = None
    assert keras_internals.sublayers(pair) == [pair.other]


@pytest.mark.parametrize("scaled", [False, True])
def test_optimisers_tell_their_variables(scaled):
    model, optimizer = _two_layers(), keras.optimizers.Adam()
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    assert keras_internals.optimized_variables(optimizer) is None
    optimizer.build(model.trainable_variables)
    found = keras_internals.optimized_variables(optimizer)
    assert [id(one) for one in found] == [id(one) for one in model.trainable_variables]


def test_inputs_are_standardised():
    model = _two_layers()
    found = keras_internals.standardized_input(model, keras.ops.ones((1, 4, 4, 3), "uint8"))
    assert found.shape == (1, 4, 4, 3)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"


def test_only_clone_model_is_taken_for_cloning():
    calls = []

    class Watched(keras.Model):
        def _run_through_graph(self, inputs, *arguments, **named):
            calls.append(keras_internals.is_cloning(named))
            return super()._run_through_graph(inputs, *arguments, **named)

        def get_config(self):
            return {}

    image = keras.Input((4, 4, 3))
    model = Watched(image, keras.layers.Conv2D(1, 1)(image))
    model(keras.ops.zeros((1, 4, 4, 3)))
    model(keras.Input((4, 4, 3), batch_size=2))
    assert calls
    assert not any(calls)
    keras.models.clone_model(model)
    assert any(calls)


def test_saving_to_hdf5_is_noticed(tmp_path):
    seen = []

    @keras.saving.register_keras_serializable(package="test_keras_internals")
    class Watched(keras.layers.Layer):
        def call(self, inputs):
            return inputs

        def get_config(self):
            seen.append(keras_internals.is_saving_hdf5())
            return super().get_config()

    image = keras.Input((4,))
    model = keras.Model(image, Watched()(image))
    model.save(tmp_path / "m.keras")
    assert not any(seen)
    seen.clear()
    model.save(tmp_path / "m.h5")
    assert any(seen)
    assert not keras_internals.is_saving_hdf5()


def test_attributes_of_hdf5_files_are_lists():
    group = SimpleNamespace(attrs={"short": [b"a", b"b"], "long0": [b"c"], "long1": [b"d"]})
    assert list(keras_internals.hdf5_attribute(group, "short")) == ["a", "b"]
    assert list(keras_internals.hdf5_attribute(group, "long")) == ["c", "d"]
