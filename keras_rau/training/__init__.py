"""Experiments: configuration in, run directory out."""

from keras_rau.lazy import lazy

_NAMES = {
    "Config": "config",
    "load_config": "config",
    "train": "experiment",
    "load_split": "sets",
    "prepare_tensorflow": "reproducibility",
    "versions": "reproducibility",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
