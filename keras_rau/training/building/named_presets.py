"""Presets by the names of configurations and command lines."""

from typing import TYPE_CHECKING

from keras_rau.errors import UsageError
from keras_rau.suggestion import unknown_name

if TYPE_CHECKING:
    from keras_rau.models.presets import Preset


def named_preset(name: str) -> "Preset":
    """The preset of a name.

    Raises:
        UsageError: it is unknown; the nearest known one is given.
    """
    # Imports Keras, which few commands on configurations need.
    from keras_rau.models.presets import PRESETS

    if name not in PRESETS:
        raise UsageError(unknown_name("model", name, PRESETS))
    return PRESETS[name]
