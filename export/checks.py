"""What a model must be to be exported."""

import zipfile
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import ExportError
from keras_rau.outputs import Outputs


def check_backend() -> None:
    """Refuse to export with another backend than TensorFlow, whose formats these are.

    Raises:
        ExportError: so it is.
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
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ExportError("Only a model with known inputs can be exported: a functional one, or one that was called.")
    if len(inputs) != 1 or len(outputs) != 1:
        raise ExportError(
            f"The model must have one input and one output; strip the side outputs first, for example with "
            f"keras.Model(model.input, model.outputs[0]). Received: {len(inputs)} inputs, {len(outputs)} outputs"
        )
    shape = tuple(inputs[0].shape)
    if len(shape) != 4 or shape[3] != 3:
        raise ExportError(f"The model must take images (batch, height, width, 3). Received: input shape {shape}")
    return _as_float32(model)


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
    """Load a `.keras` file in Keras's safe mode, with optimiser and loss if `compiled`.

    Raises:
        ExportError: the file is damaged or holds what is not known here.
    """
    import keras_rau  # noqa: F401  registers our classes

    path = Path(path)
    # Keras says of a damaged file that it was not found.
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ExportError(f"{path} is damaged or no .keras file.")
    try:
        return keras.saving.load_model(path, compile=compiled)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(f"{path} cannot be loaded as a Keras model: {reason}") from error
