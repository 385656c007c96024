"""Packages whose names load when first used."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy(package: str, names: dict[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package that imports a module of its own only when a name in it is asked for.

    Args:
        package: the package's `__name__`.
        names: public name to the module of the package that holds it.

    Example:
        >>> __getattr__, __dir__ = lazy(__name__, {"load": "registry"})
    """

    def get(name: str) -> Any:
        if name in names:
            return getattr(import_module(f"{package}.{names[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(names)
