"""Opening model files, also those in the old HDF5 format."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from keras_rau import trust
from keras_rau.errors import ModelFileError, RauError
from keras_rau.keras_internals import hdf5_attribute
from keras_rau.models.kept_model import KeptModel
from keras_rau.strangers import parse_json

_PACKAGE = "keras_rau>"


def load(path: Path | str, *, compiled: bool = True, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """Open a `.keras` file, or an HDF5 file of a whole model (`.h5`, `.hdf5`), in Keras's safe mode.

    `keras.models.load_model` opens `.keras` files as well; of `.h5` files it finds our classes only where `model.save` wrote
    them, and never the state of an optimiser.

    Args:
        path: the file.
        compiled: with loss, metrics and optimiser, if the model was compiled when it was saved.
        custom_objects: classes and functions of yours that the model consists of, by name.

    Returns:
        The model.

    Raises:
        RauError: the file is missing, damaged, hostile, of another kind, holds weights only, or needs what is not known here.

    Example:
        >>> model = load("m.h5")
    """
    path = Path(path)
    if not path.is_file():
        raise RauError(f"The model {path} does not exist.")
    if path.suffix == ".keras":
        return trust.load_keras_file(path, compiled=compiled, custom_objects=custom_objects)
    if path.suffix not in (".h5", ".hdf5"):
        raise RauError(f"Models are .keras and .h5 files here. Received: {path}")
    model = trust.load_keras_file(path, custom_objects={**_own_models(), **(custom_objects or {})})
    training, state = _read_hdf5(path)
    if compiled and training is not None:
        try:
            with keras.saving.custom_object_scope(dict(custom_objects or {})):
                _compile(model, training, state)
        except (KeyError, TypeError, ValueError) as error:
            raise RauError(
                f"What the model in {path} was compiled with cannot be made again: {_first_line(error)} Name it in "
                "custom_objects, or pass compiled=False and compile the model."
            ) from error
    return model


def _own_models() -> dict[str, type]:
    """Our models by the bare names that HDF5 files have for them."""
    registered = keras.saving.get_custom_objects()
    return {
        kind.__name__: kind
        for name, kind in registered.items()
        if name.startswith(_PACKAGE) and isinstance(kind, type) and issubclass(kind, KeptModel)
    }


def _read_hdf5(path: Path) -> tuple[dict[str, Any] | None, list[np.ndarray]]:
    """Return what the model was compiled with, `None` if it was not, and the state of its optimiser."""
    try:
        with h5py.File(path, "r") as file:
            training = file.attrs.get("training_config")
            group = file.get("optimizer_weights")
            state = [] if group is None else [group[name][()] for name in hdf5_attribute(group, "weight_names")]
    except (OSError, KeyError) as error:
        raise RauError(f"{path} is damaged: {_first_line(error)}") from error
    return None if training is None else parse_json(training, f"training_config in {path}", ModelFileError), state


def _compile(model: keras.Model, training: dict[str, Any], state: list[np.ndarray]) -> None:
    optimizer = keras.optimizers.deserialize(training["optimizer_config"])
    model.compile(
        optimizer,
        loss=_made(training.get("loss"), keras.losses.deserialize),
        loss_weights=training.get("loss_weights"),
        metrics=_made(training.get("metrics"), keras.metrics.deserialize),
        weighted_metrics=_made(training.get("weighted_metrics"), keras.metrics.deserialize),
        run_eagerly=training.get("run_eagerly", False),
        steps_per_execution=training.get("steps_per_execution", 1),
        jit_compile=training.get("jit_compile", "auto"),
    )
    own = model.optimizer
    if len(state) > len(own.variables):
        own.build(model.trainable_variables)
    shapes = [tuple(variable.shape) for variable in own.variables], [value.shape for value in state]
    if state and shapes[0] != shapes[1]:
        warnings.warn(
            f"The optimiser of model {model.name!r} starts afresh: its state in the file is not that of the weights that are "
            "trainable now. A .keras file keeps it.",
            stacklevel=3,
        )
        return
    for variable, value in zip(own.variables, state, strict=False):
        variable.assign(value)


def _made(config: Any, make: Any) -> Any:
    """Make losses or metrics of what Keras wrote; names stay names."""
    if isinstance(config, (list, tuple)):
        return [_made(each, make) for each in config]
    if not isinstance(config, dict):
        return config
    if "class_name" in config:
        return make(config)
    return {name: _made(each, make) for name, each in config.items()}


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
