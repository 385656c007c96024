"""Names in EGE-UNet and MALUNet."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, joined, prefixed, scope

_LEVELS = range(1, 6)


def ege_unet() -> Iterator[Entry]:
    """Yield the entries of EGE-UNet."""
    for level in range(1, 7):
        block = _plain(f"encoder{level}") if level < 4 else _products(f"encoder{level}.0")
        yield from scope(f"encoder_{level}", **joined(block, {"norm": [f"ebn{level}"] if level < 6 else []}))
    for level in _LEVELS:
        number = 6 - level
        block = _products(f"decoder{number}.0") if level > 2 else _plain(f"decoder{number}")
        rest = {"norm": [f"dbn{number}"], "conv": [f"gt_conv{number}.0"]}
        yield from scope(f"decoder_{level}", **joined(block, rest))
        guided = {
            "conv": ["pre_project", "tail_conv.1"],
            "norm": [*(f"g{part}.0" for part in range(4)), "tail_conv.0"],
            "depthwise": [f"g{part}.1" for part in range(4)],
        }
        yield from scope(f"skip_{level}", **prefixed(f"GAB{level}", guided))
    yield from scope("head", conv=["final"])


def malunet() -> Iterator[Entry]:
    """Yield the entries of MALUNet."""
    for level in range(1, 7):
        at = f"encoder{level}"
        block = _plain(at) if level < 4 else joined(_external(f"{at}.0"), _gated(f"{at}.1"))
        yield from scope(f"encoder_{level}", **joined(block, {"norm": [f"ebn{level}"] if level < 6 else []}))
    for level in _LEVELS:
        number = 6 - level
        at = f"decoder{number}"
        block = joined(_gated(f"{at}.0"), _external(f"{at}.1")) if level > 2 else _plain(at)
        yield from scope(f"decoder_{level}", **joined(block, {"norm": [f"dbn{number}"]}))
    yield from scope(
        "bridge",
        places=["scab.satt.shared_conv2d.0"],
        across=["scab.catt.get_all_att"],
        dense=[f"scab.catt.att{level}" for level in _LEVELS],
    )
    yield from scope("head", conv=["final"])


def _plain(module: str) -> dict[str, list]:
    return {"conv": [f"{module}.0"]}


def _products(module: str) -> dict[str, list]:
    maps = ("xy", "zx", "zy")
    return prefixed(
        module,
        {
            "norm": ["norm1", "norm2"],
            "map": [f"params_{one}" for one in maps],
            "depthwise": [*(f"conv_{one}.0" for one in maps), "dw.2", "ldw.0"],
            "conv": [*(f"conv_{one}.2" for one in maps), "dw.0", "ldw.2"],
        },
    )


def _external(module: str) -> dict[str, list]:
    kinds = prefixed(module, {"conv": ["conv1", "conv2"], "norm": ["norm_layer"]})
    # Both memories are parameters of one layer here.
    return {**kinds, "external": [(f"{module}.linear_0.weight", f"{module}.linear_1.weight")]}


def _gated(module: str) -> dict[str, list]:
    separable = ("gau.w1.0", "gau.w2.0", "gau.wo.0")
    return prefixed(
        module,
        {
            "depthwise": [*(f"mda{part}" for part in range(4)), *(f"{one}.conv1" for one in separable)],
            "norm": ["norm_layer", *(f"{one}.norm_layer" for one in separable)],
            "conv": ["conv", *(f"{one}.conv2" for one in separable), "gau.cw"],
        },
    )
