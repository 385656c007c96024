"""The activation that a Keras model ends in."""

from typing import Any

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


def last_activation(model: Any) -> str | None:
    """Return `"sigmoid"`, `"softmax"` or `"linear"`, or `None` where the last layers do not tell.

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
