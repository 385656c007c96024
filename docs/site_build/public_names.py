"""The public packages of the library and their public names."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# In the order of the reference. All else is inside.
PACKAGES = (
    "layers",
    "models",
    "losses",
    "metrics",
    "datasets",
    "datasets.validation",
    "datasets.preprocessing",
    "training",
    "training.distribution",
    "training.study",
    "study",
    "evaluation",
    "export",
    "pretrained",
    "trust",
    "outputs",
    "errors",
)


def _is_public(module: ModuleType, name: str, value: Any) -> bool:
    if name.startswith("_") or isinstance(value, ModuleType):
        return False
    home = getattr(value, "__module__", None)
    if home is None or not (callable(value) or hasattr(value, "__get__")):
        return name.isupper()
    # What a package imports from elsewhere is not its own; a module shows only what it defines.
    return home.startswith(module.__name__) if hasattr(module, "__path__") else home == module.__name__


@cache
def public_names() -> dict[str, dict[str, Any]]:
    """Return the public names of every package with what they name."""
    found = {}
    for package in PACKAGES:
        path = f"keras_rau.{package}"
        if find_spec(path) is None:
            continue
        module = import_module(path)
        values = {name: getattr(module, name) for name in getattr(module, "__all__", dir(module))}
        own = hasattr(module, "__all__")
        found[package] = {
            name: value
            for name, value in sorted(values.items(), key=lambda item: item[0].lower())
            if not isinstance(value, ModuleType) and (own or _is_public(module, name, value))
        }
    return found


@cache
def paths() -> dict[tuple[str, str], str]:
    """Return the path under which each name is described: where two packages offer the same thing, the first's."""
    first: dict[int, str] = {}
    found = {}
    for package, names in public_names().items():
        for name, value in names.items():
            path = f"keras_rau.{package}.{name}"
            found[package, name] = first.setdefault(id(value), path) if callable(value) else path
    return found
