"""Checks that every layer must pass, in the spirit of Keras's own `run_layer_test`."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops


def random_inputs(shapes: Any, size: int = 16, seed: int = 0) -> Any:
    """Standard normal arrays of `shapes` (one shape or a list), `None` sides set to `size`."""
    rng = np.random.default_rng(seed)
    if isinstance(shapes, list):
        return [random_inputs(shape, size, seed + index) for index, shape in enumerate(shapes)]
    return rng.standard_normal([size if side is None else side for side in shapes]).astype("float32")


def symbolic_inputs(shapes: Any) -> Any:
    """`keras.Input`s of `shapes`, batch size unknown."""
    if isinstance(shapes, list):
        return [symbolic_inputs(shape) for shape in shapes]
    return keras.Input(shapes[1:])


def shapes_of(values: Any) -> Any:
    """Shapes of one tensor or a list of tensors."""
    if isinstance(values, (list, tuple)):
        return [tuple(value.shape) for value in values]
    return tuple(values.shape)


def check_layer(
    layer_class: type[keras.layers.Layer],
    arguments: dict[str, Any],
    input_shapes: Any,
    expected_shapes: Any,
    tmp_path: Path,
) -> keras.layers.Layer:
    """Check building, shapes, serialisation, mixed precision, saving and gradients of one layer.

    `input_shapes` are concrete shapes `(B, H, W, C)`, one or a list; `expected_shapes` those of the output(s).
    """
    layer = layer_class(**arguments)
    inputs = random_inputs(input_shapes)
    outputs = layer(inputs)
    assert shapes_of(outputs) == expected_shapes
    assert layer.compute_output_shape(input_shapes) == expected_shapes
    for value in _flat(outputs):
        assert np.isfinite(ops.convert_to_numpy(value)).all()

    _check_configuration(layer, inputs)
    _check_mixed_precision(layer_class, arguments, inputs, expected_shapes)
    model = _functional(layer_class(**arguments), input_shapes)
    # Keras's `quantize` stops at a layer that was never built.
    assert [inner.name for inner in model._flatten_layers() if not inner.built] == []
    _check_file(model, inputs, tmp_path)
    if model.trainable_variables:
        _check_training(model, inputs)
    return layer


def _flat(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _functional(layer: keras.layers.Layer, shapes: Any) -> keras.Model:
    inputs = symbolic_inputs(shapes)
    return keras.Model(inputs, layer(inputs))


def _check_configuration(layer: keras.layers.Layer, inputs: Any) -> None:
    config = layer.get_config()
    twin = type(layer).from_config(config)
    assert twin.get_config() == config
    twin(inputs)
    assert [w.shape for w in twin.weights] == [w.shape for w in layer.weights]
    serialised = keras.saving.serialize_keras_object(layer)
    assert serialised["registered_name"] == f"keras_rau>{type(layer).__name__}"
    assert keras.saving.deserialize_keras_object(serialised).get_config() == config


def _check_mixed_precision(layer_class: Any, arguments: dict, inputs: Any, expected_shapes: Any) -> None:
    layer = layer_class(**arguments, dtype="mixed_bfloat16")
    outputs = layer(inputs)
    assert shapes_of(outputs) == expected_shapes
    assert {keras.backend.standardize_dtype(value.dtype) for value in _flat(outputs)} == {"bfloat16"}
    assert {variable.dtype for variable in layer.weights} <= {"float32"}


def _check_file(model: keras.Model, inputs: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    for before, after in zip(_flat(model(inputs)), _flat(loaded(inputs)), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(before), ops.convert_to_numpy(after), atol=1e-6)


def _check_training(model: keras.Model, inputs: Any) -> None:
    before = [ops.convert_to_numpy(variable).copy() for variable in model.trainable_variables]
    outputs = _flat(model(inputs))
    targets = [np.ones(value.shape, "float32") for value in outputs]
    model.compile(keras.optimizers.SGD(0.1), ["mse"] * len(targets) if len(targets) > 1 else "mse")
    # Two steps: what is multiplied by a weight that starts at zero only receives a gradient in the second.
    for _ in range(2):
        loss = model.train_on_batch(inputs, targets if len(targets) > 1 else targets[0])
    assert np.isfinite(np.asarray(loss)).all()
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(old, ops.convert_to_numpy(variable)), f"no gradient reached {variable.path}"
