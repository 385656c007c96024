"""Settings of layers that were changed after the model was built, which its constructor's arguments do not tell."""

import warnings
from collections.abc import Iterator
from typing import Any

import keras

from keras_rau.keras_internals import sublayers

Settings = dict[str, dict[str, Any]]

# Kept by the model, or of the devices of a training rather than of the model.
_ELSEWHERE = {"name", "trainable", "synchronized"}


def read_settings(model: keras.Model) -> Settings:
    """Return the configuration of every layer that has no layers inside, by its place."""
    return dict(_walk(model, ""))


def warn_of_changes(model: keras.Model, built: Settings) -> None:
    """Warn of layers whose settings are not those that the model was built with.

    Args:
        model: the model.
        built: what `read_settings` returned then.
    """
    changed = [
        f"{place}: {name}={value!r}"
        for place, settings in read_settings(model).items()
        for name, value in settings.items()
        if place in built and name not in _ELSEWHERE and built[place].get(name) != value
    ]
    if changed:
        more = f", and {len(changed) - 3} more" if len(changed) > 3 else ""
        warnings.warn(
            f"Model {model.name!r} is saved and cloned by its constructor's arguments, and settings that were changed in its "
            f"layers afterwards are not kept: {', '.join(changed[:3])}{more}. Set them again in the new model.",
            stacklevel=3,
        )


def _walk(layer: keras.layers.Layer, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, inner in enumerate(sublayers(layer)):
        inner_place = f"{place}/{number}" if place else inner.name
        if sublayers(inner):
            yield from _walk(inner, inner_place)
        else:
            yield inner_place, inner.get_config()
