"""What this library needs of Keras's private parts, each in one place.

Every function says the version that it was checked on; tests fail when Keras changes one of them.
"""

from collections.abc import Sequence
from typing import Any

import keras

# What keeps probabilities probabilities, and logits logits.
_PASSING = (
    "Reshape",
    "Permute",
    "Identity",
    "Dropout",
    "SpatialDropout2D",
    "Cropping2D",
    "UpSampling2D",
    "Resizing",
    "Resize",
    "Upsample",
    "AveragePooling2D",
    "Cast",
)


def sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the layers directly inside a layer or model, each once, in the order in which they were made.

    Checked on Keras 3.15.1. `model.layers` of a functional model leaves out layers that its output does not pass through.
    """
    return layer._flatten_layers(include_self=False, recursive=False)


def own_trainable_variables(layer: keras.layers.Layer) -> list[Any]:
    """Return the variables of a layer itself that are trained while the layer is, without those of layers inside it.

    Checked on Keras 3.15.1.
    """
    return list(layer._trainable_variables)


def forget(layer: keras.layers.Layer, part: keras.layers.Layer) -> None:
    """Let a layer no longer own a layer that was an attribute of it.

    Checked on Keras 3.15.1: setting the attribute to another value leaves the old one among the layers inside.
    """
    layer._tracker.untrack(part)


def optimized_variables(optimizer: Any) -> list[Any] | None:
    """Return the variables that an optimiser holds a state for, in its order; `None` before it has any.

    Checked on Keras 3.15.1.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return list(inner._trainable_variables) if inner.built else None


def standardized_input(model: keras.Model, inputs: Any) -> Any:
    """Return the one input of a functional model as its layers take it: converted, and of its rank.

    Checked on Keras 3.15.1.
    """
    return model._standardize_inputs(inputs)[0]


def run_in_training(function: keras.Function, inputs: Any) -> Any:
    """Return the outputs of a function whose layers are told that they train.

    Checked on Keras 3.15.1: `Function` leaves that to the call it is part of, and JAX's training step is part of none, so that
    batch normalisation would use its moving averages there.
    """
    from keras.src.models.functional import operation_fn

    return function._run_through_graph(inputs, operation_fn=lambda operation: operation_fn(operation, training=True))


def is_cloning(run_through_graph: dict[str, Any]) -> bool:
    """Return whether `keras.models.clone_model` runs through the graph of a functional model.

    Checked on Keras 3.15.1: it is the only caller that names both what replaces the layers and what calls them.

    Args:
        run_through_graph: the arguments that `_run_through_graph` was called with by name.
    """
    return {"operation_fn", "call_fn"} <= run_through_graph.keys()


def is_saving_hdf5() -> bool:
    """Return whether Keras reads or writes an HDF5 file of a whole model just now.

    Checked on Keras 3.15.1.
    """
    from keras.src.backend.common import global_state

    return bool(global_state.get_global_attribute("use_legacy_config"))


def hdf5_attribute(group: Any, name: str) -> Sequence[Any]:
    """Return a list that Keras has stored among the attributes of an HDF5 group, in parts where it is long.

    Checked on Keras 3.15.1.
    """
    from keras.src.legacy.saving.legacy_h5_format import load_attributes_from_hdf5_group

    return load_attributes_from_hdf5_group(group, name)


def set_direction(metric: Any, higher_is_better: bool) -> None:
    """Say which values of a metric are the better ones.

    Checked on Keras 3.15.1: `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` read it with `mode="auto"`; metrics
    cannot say it in public.

    Args:
        metric: a `keras.metrics.Metric`.
        higher_is_better: larger values are better.
    """
    metric._direction = "up" if higher_is_better else "down"


def give_back_state(model: Any, state: tuple[Any, ...]) -> None:
    """Put the variables of a step back into a model that JAX trains or evaluates, before an error ends that.

    JAX's trainer empties a model's variables while it runs, and leaves them empty when it does not come to its end.

    Args:
        model: a `keras.Model`.
        state: what a step takes and returns: trainable, other, optimizer's (in training) and metrics' variables.
    """
    names = ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]
    if len(state) < len(names):
        names.remove("optimizer_variables")
    model._jax_state = dict(zip(names, state, strict=True))
    model._jax_state_synced = False
    model.jax_state_sync()


def last_activation(model: keras.Model) -> str | None:
    """Return `"sigmoid"`, `"softmax"` or `"linear"`, or `None` where the last layers do not tell.

    Checked on Keras 3.15.1.

    Args:
        model: a Keras model of one output.

    Example:
        >>> last_activation(keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1, activation="sigmoid")]))
        'sigmoid'
    """
    tensor = model.outputs[0]
    while True:
        operation = tensor._keras_history.operation
        if getattr(operation, "outputs", None) and hasattr(operation, "layers"):  # a model inside the model
            tensor = operation.outputs[0]
            continue
        if type(operation).__name__ in _PASSING and len(_inputs(operation)) == 1:
            tensor = _inputs(operation)[0]
            continue
        return _of(operation)


def _inputs(operation: Any) -> list[Any]:
    nodes = operation._inbound_nodes
    return list(nodes[-1].input_tensors) if nodes else []


def _of(operation: Any) -> str | None:
    kind = type(operation).__name__
    if kind in ("Sigmoid", "Softmax"):
        over = getattr(operation, "axis", -1)
        return kind.lower() if kind == "Sigmoid" or over in (-1, 3) else None
    activation = getattr(operation, "activation", None)
    if activation is None:
        return None
    name = getattr(activation, "__name__", type(activation).__name__).lower()
    return name if name in ("sigmoid", "softmax", "linear") else None
