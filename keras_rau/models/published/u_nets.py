"""Names in U-Net and Attention U-Net, in the PyTorch version that most papers use."""

from collections.abc import Iterator
from typing import Any

from keras_rau.models.published.sources import Entry, Source


def u_net(arguments: dict[str, Any], gates: bool = False) -> Iterator[Entry]:
    """Yield the entries of a U-Net, with attention gates or without."""
    depth = arguments["depth"]
    for level in range(depth):
        yield f"encoder_{level}", _double(f"Conv{level + 1}")
        yield f"decoder_{level}", _double(f"Up_conv{level + 2}")
        yield f"upsample_{level}_conv", _sources(f"Up{level + 2}.up", ("1", "2"))
        if gates:
            places = ("W_x.0", "W_g.0", "psi.0", "W_x.1", "W_g.1", "psi.1")
            yield f"gate_{level}", _sources(f"Att{level + 2}", places)
    yield "bottleneck", _double(f"Conv{depth + 1}")
    yield "logits", _sources("Conv_1x1", ("",))


def _double(module: str) -> tuple[Source, ...]:
    return _sources(f"{module}.conv", ("0", "1", "3", "4"))


def _sources(module: str, places: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(Source(f"{module}.{place}" if place else module) for place in places)
