"""What a model must be to be exported."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import ExportError, ModelFileError
from keras_rau.export.programs.form import Form, Port, check_form
from keras_rau.outputs import Outputs
from keras_rau.trust.keras_file import load_keras_file

_ANY = 256  # for a side that is free
_LARGEST = 4 << 30  # bytes of a map of one image
FLOATS = ("float32", "float16", "bfloat16", "float64")


def check_backend() -> None:
    """Refuse to export with another backend than TensorFlow, whose formats these are.

    Raises:
        ExportError: Keras runs on another backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"Exports need the TensorFlow backend; Keras runs on {keras.backend.backend()!r}. Save the model as .keras, and "
            "export that file in a process started with KERAS_BACKEND=tensorflow."
        )


def exportable(model: keras.Model) -> keras.Model:
    """Return `model`, or its float32 twin, if it takes one image and gives one map.

    Raises:
        ExportError: it has several inputs or outputs, takes no images of three channels, or Keras runs on another backend.
    """
    check_backend()
    if not isinstance(model, keras.Model) or not model.built:
        raise ExportError(f"Only a built keras.Model can be exported. Received: {model!r}")
    check_form(form_of(model), f"The model {model.name!r}", types=FLOATS, named=False)
    return _as_float32(model)


def form_of(model: keras.Model) -> Form:
    """Return what a Keras model takes and gives, and refuse one that makes maps no memory holds.

    Raises:
        ModelFileError: its inputs are unknown, it gives its map inside a list or dictionary, or a map is too large.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    name = f"The model {model.name!r}"
    if not inputs or not outputs:
        raise ModelFileError(f"{name} has no known inputs: build a functional model, or call it once.")
    if len(outputs) == 1 and isinstance(getattr(model, "_outputs_struct", None), (dict, list, tuple)):
        raise ModelFileError(
            f"{name} gives its map inside a list or dictionary. Take it out: keras.Model(model.inputs, model.outputs[0])."
        )
    for shape in _shapes(model):
        size = 4 * math.prod(_ANY if side is None else side for side in shape[1:])
        if size > _LARGEST:
            raise ModelFileError(f"{name} makes a map of the shape {tuple(shape)}, {size:,} bytes an image.")
    return Form(_ports(inputs), _ports(outputs))


def _ports(tensors: list[Any]) -> list[Port]:
    return [Port(tensor.name, tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)) for tensor in tensors]


def _shapes(model: keras.Model) -> Iterator[tuple[int | None, ...]]:
    """Yield the shapes of all tensors of a functional model, those of models inside included."""
    # A sequential model keeps its graph in a functional one inside.
    for operation in getattr(getattr(model, "_functional", None) or model, "operations", ()):
        for node in operation._inbound_nodes:
            yield from (tensor.shape for tensor in node.output_tensors)
        if isinstance(operation, keras.Model):
            yield from _shapes(operation)


def _as_float32(model: keras.Model) -> keras.Model:
    # In half precision every operation becomes a Flex operation that no phone loads.
    policies = {layer.dtype_policy.name for layer in model._flatten_layers(include_self=False)}
    if policies <= {"float32"}:
        return model
    config = model.get_config()
    if "dtype" in config:
        twin = type(model).from_config({**config, "dtype": "float32"})
    else:
        twin = keras.models.clone_model(model, clone_function=_float32_layer)
    twin.set_weights(model.get_weights())
    return twin


def _float32_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.layers.InputLayer):
        return layer
    return type(layer).from_config({**layer.get_config(), "dtype": "float32"})


def with_probabilities(model: keras.Model, outputs: Outputs) -> keras.Model:
    """Return `model`, or, if it gives logits, the same layers with their activation after them."""
    if not outputs.logits:
        return model
    activation = "softmax" if outputs.kind == "exclusive" else "sigmoid"
    layer = keras.layers.Activation(activation, name="probabilities", dtype="float32")
    return keras.Model(model.inputs, layer(model.outputs[0]), name=model.name)


def model_size(model: keras.Model) -> tuple[int, int] | None:
    """Height and width the model is built for; `None` when it takes any."""
    height, width = model.inputs[0].shape[1:3]
    return None if height is None or width is None else (int(height), int(width))


def fixed_size(model: keras.Model, image_size: Any) -> tuple[int, int]:
    """Height and width of an export that needs fixed ones.

    Raises:
        ExportError: the model takes any size and none is given, or it takes another one.
    """
    own = model_size(model)
    wanted = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size or ())
    if own is None and not wanted:
        raise ExportError(
            "The model takes images of any size, but a .tflite file needs one: give image_size (--image-size)."
        )
    if own is not None and wanted and own != wanted:
        raise ExportError(
            f"The model is built for images of {own[0]}×{own[1]} pixels. Received: image_size={image_size}"
        )
    return own or wanted


def load_keras(path: Path | str, compiled: bool = False) -> keras.Model:
    """Load a `.keras` file in Keras's safe mode, with optimiser and loss if `compiled`, after a look at all it asks for.

    Raises:
        ExportError: the file is damaged, hostile, or holds what is not known here.
    """
    return load_keras_file(path, compiled=compiled)
