"""Entries of the tables that say which weights of a published network belong into which layer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where a layer's weights are in a published network.

    Attributes:
        name: of the module, or of the parameter itself where a layer has one that is no module's.
        part: which of `parts` equal shares of its outputs, for grouped convolutions that are several here.
        parts: how many.
    """

    name: str
    part: int = 0
    parts: int = 1


Entry = tuple[str, tuple[Source, ...]]


def scope(name: str, **kinds: Sequence[Any]) -> Iterator[Entry]:
    """Yield entries of the layers of one scope.

    Args:
        name: the scope.
        **kinds: for each kind of layer its sources in the order in which they are drawn: words, `Source`s, or a tuple of
            them for a layer that holds several.

    Example:
        >>> list(scope("head", conv=["final"]))
        [('head_conv', (Source(name='final', part=0, parts=1),))]
    """
    for kind, sources in kinds.items():
        for number, source in enumerate(sources, 1):
            held = source if isinstance(source, tuple) else (source,)
            layer = f"{name}_{kind}" if number == 1 else f"{name}_{kind}_{number}"
            yield layer, tuple(Source(one) if isinstance(one, str) else one for one in held)


def normalised(modules: Sequence[str], conv: str = "conv", norm: str = "bn") -> dict[str, list[str]]:
    """Return kinds for modules that each hold a convolution and its normalisation."""
    return {"conv": [f"{one}.{conv}" for one in modules], "norm": [f"{one}.{norm}" for one in modules]}


def joined(*kinds: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return kinds one behind another."""
    names = {name for one in kinds for name in one}
    return {name: [source for one in kinds for source in one.get(name, [])] for name in sorted(names)}


def prefixed(prefix: str, kinds: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return kinds whose sources are inside a module."""
    return {kind: [f"{prefix}.{one}" for one in sources] for kind, sources in kinds.items()}
