"""Settings of layers that were changed after the model was built, which its constructor's arguments do not tell."""

import warnings
from collections.abc import Iterator
from typing import Any

import keras

from keras_rau.keras_internals import sublayers

# Kept by the model, or of the devices of a training rather than of the model.
_ELSEWHERE = {"name", "trainable", "synchronized"}


class LayerSettings:
    """The configuration of every layer of a model that has no layers inside, as it was when the model was built.

    Args:
        model: the model, just built.
    """

    def __init__(self, model: keras.Model) -> None:
        self.built = dict(_walk(model, ""))

    def warn_of_changes(self, model: keras.Model) -> None:
        """Warn of layers whose settings are no longer those that the model was built with."""
        changed = [
            f"{place}: {name}={value!r}"
            for place, settings in _walk(model, "")
            for name, value in settings.items()
            if place in self.built and name not in _ELSEWHERE and self.built[place].get(name) != value
        ]
        if changed:
            more = f", and {len(changed) - 3} more" if len(changed) > 3 else ""
            warnings.warn(
                f"Model {model.name!r} is saved and cloned by its constructor's arguments, and settings that were changed in "
                f"its layers afterwards are not kept: {', '.join(changed[:3])}{more}. Set them again in the new model.",
                stacklevel=3,
            )


def _walk(layer: keras.layers.Layer, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, inner in enumerate(sublayers(layer)):
        inner_place = f"{place}/{number}" if place else inner.name
        if sublayers(inner):
            yield from _walk(inner, inner_place)
        else:
            yield inner_place, _plain(inner.get_config())


def _plain(config: Any) -> Any:
    """Leave out by what numbers Keras finds objects again that several layers share, which it gives while it saves."""
    if isinstance(config, dict):
        return {name: _plain(value) for name, value in config.items() if name != "shared_object_id"}
    return config
