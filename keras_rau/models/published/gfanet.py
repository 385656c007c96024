"""Names in GFANet."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, joined, normalised, prefixed, scope

# The transform's fixed rows are stored, too.
UNUSED = ("hardnet.base.16.*", "att?.dct_layer.weight")
# (place of the block, its layers, place of the 1×1 convolution)
_BLOCKS = ((3, 8, 4), (6, 16, 7), (8, 16, 9), (11, 16, 12), (14, 4, 15))


def gfanet() -> Iterator[Entry]:
    """Yield the entries of GFANet."""
    yield from hardnet68("hardnet.")
    for stride, number in ((8, 2), (16, 3), (32, 4)):
        branches = ["branch0.0", *(f"branch{branch}.{place}" for branch in range(1, 5) for place in range(4))]
        field = normalised([f"rfb{number}_1.{one}" for one in [*branches, "conv_cat", "conv_res"]])
        yield from scope(f"field_{stride}", **field, pyramid=[f"spp{number}_1.conv"])
    yield from scope("fusion", **prefixed("gff_head", _fusion()))
    for stride, number, gate in ((32, 4, 1), (16, 3, 2), (8, 2, 3)):
        at = f"ra{number}_conv"
        rest = normalised([f"{at}{place}" for place in range(2, 6 if number == 4 else 5)])
        kinds = joined(normalised([f"{at}1"]), _gated(f"gate{gate}"), rest)
        yield from scope(f"reverse_{stride}", **kinds, spectral=[(f"att{number}.fc.0", f"att{number}.fc.2")])
    final = prefixed("final_seg", {"conv": ["0", "3", "6"], "norm": ["1", "4"]})
    yield from scope("final", **joined(_gated("gate4"), final))


def hardnet68(prefix: str) -> Iterator[Entry]:
    """Yield the entries of HarDNet-68."""
    yield from scope("encoder", **normalised([f"{prefix}base.0", f"{prefix}base.1"], norm="norm"))
    for number, (block, layers, last) in enumerate(_BLOCKS, 1):
        names = [*(f"{prefix}base.{block}.layers.{layer}" for layer in range(layers)), f"{prefix}base.{last}"]
        yield from scope(f"encoder_block{number}", **normalised(names, norm="norm"))


def _fusion() -> dict[str, list]:
    scales = ("1", "2", "3")
    parts = [
        {"conv": [f"gate{one}.0" for one in scales]},
        {"conv": [f"d_in{one}.0" for one in scales], "norm": [f"d_in{one}.1" for one in scales]},
    ]
    for rate in (3, 6, 9):
        kinds = {"norm": ["norm1", "norm2"], "conv": ["conv1", "conv2"]}
        parts.append(prefixed(f"dense_{rate}", kinds))
    return joined(*parts, prefixed("cls", {"conv": ["0", "3", "6"], "norm": ["1", "4"]}))


def _gated(module: str) -> dict[str, list]:
    gate = f"{module}._gate_conv"
    return {"norm": [f"{gate}.0", f"{gate}.4"], "conv": [f"{gate}.1", f"{gate}.3", module]}
