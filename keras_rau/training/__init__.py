"""Experiments: configuration in, run directory out."""

from importlib import import_module
from typing import Any

_NAMES = {
    "Config": "config",
    "load_config": "config",
    "train": "experiment",
    "load_split": "experiment",
    "prepare_tensorflow": "reproducibility",
    "versions": "reproducibility",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_NAMES)
