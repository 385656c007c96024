"""Which parts of a model are trained: written into its configuration, and set again when it is built from that."""

from collections.abc import Iterator
from typing import Any

import keras

from keras_rau.keras_internals import own_trainable_variables, sublayers
from keras_rau.suggestion import did_you_mean


def read_parts(model: keras.Model) -> dict[str, bool]:
    """Return the parts of a model whose `trainable` differs from that of what they are in, by place.

    The place of a layer of the model is its name, that of a layer inside another the numbers of the layers on the way to
    it (`decoder_0/1`), that of a variable its layer's and its name (`decoder_0/1:gamma`).

    Example:
        >>> model.get_layer("bottleneck").trainable = False
        >>> read_parts(model)
        {'bottleneck': False}
    """
    return {place: part.trainable for place, part, inherited in _walk(model) if part.trainable != inherited}


def set_parts(model: keras.Model, parts: dict[str, bool]) -> None:
    """Set `trainable` of what `read_parts` returned, in a model all of which is as trainable as itself.

    Raises:
        ValueError: the model has no such parts.
    """
    if not parts:
        return
    known = {place: part for place, part, _ in _walk(model)}
    if unknown := [place for place in parts if place not in known]:
        raise ValueError(
            f"`trainable_parts` names parts that model {model.name!r} does not have. "
            f"{did_you_mean(unknown[0], [place for place in known if '/' not in place and ':' not in place])}"
            f"Leave it out, and freeze the layers of this model. Received: {', '.join(unknown[:5])}"
        )
    # In the order of the walk: a layer passes its value on to what is inside it.
    for place, part in known.items():
        if place in parts:
            part.trainable = bool(parts[place])


def _walk(model: keras.Model) -> Iterator[tuple[str, Any, bool]]:
    """Every layer and variable with its place and what it inherits, outer ones first."""
    for layer in sublayers(model):
        yield from _walk_layer(layer, layer.name, model.trainable)


def _walk_layer(layer: keras.layers.Layer, place: str, inherited: bool) -> Iterator[tuple[str, Any, bool]]:
    yield place, layer, inherited
    for variable in own_trainable_variables(layer):
        yield f"{place}:{variable.name}", variable, layer.trainable
    for number, inner in enumerate(sublayers(layer)):
        yield from _walk_layer(inner, f"{place}/{number}", layer.trainable)
