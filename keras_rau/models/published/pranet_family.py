"""Names in PraNet, CaraNet, MFSNet and their encoder."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, Source, joined, normalised, scope

_BLOCKS = {"res2net50": (3, 4, 6, 3), "res2net101": (3, 4, 23, 3)}
_DECODER = [
    "conv_upsample1",
    "conv_upsample2",
    "conv_upsample3",
    "conv_upsample4",
    "conv_concat2",
    "conv_upsample5",
    "conv_concat3",
    "conv4",
]
_STRIDES = (8, 16, 32)
_AROUND = ("bn_relu_1", "bn_relu_2")


def res2net(name: str, prefix: str) -> Iterator[Entry]:
    """Yield the entries of Res2Net v1b."""
    stem = {"conv": ["conv1.0", "conv1.3", "conv1.6"], "norm": ["conv1.1", "conv1.4", "bn1"]}
    yield from scope("encoder_stem", **{kind: [f"{prefix}{one}" for one in names] for kind, names in stem.items()})
    for stage, blocks in enumerate(_BLOCKS[name], 1):
        for block in range(blocks):
            at, here = f"{prefix}layer{stage}.{block}.", f"encoder_stage{stage}_block{block + 1}"
            convolutions = ["conv1", "convs.0", "convs.1", "convs.2", "conv3"]
            norms = ["bn1", "bns.0", "bns.1", "bns.2", "bn3"]
            yield from scope(here, conv=[at + one for one in convolutions], norm=[at + one for one in norms])
            if block == 0:
                yield from scope(f"{here}_shortcut", conv=[f"{at}downsample.1"], norm=[f"{at}downsample.2"])


def pranet(decoder: str = "agg1", guided: bool = False) -> Iterator[Entry]:
    """Yield the entries of PraNet, or of MFSNet, which calls the partial decoder otherwise."""
    yield from res2net("res2net50", "resnet.")
    for stride, number in zip(_STRIDES, (2, 3, 4), strict=True):
        branches = ["branch0.0", *(f"branch{branch}.{place}" for branch in (1, 2, 3) for place in range(4))]
        modules = [f"rfb{number}_1.{one}" for one in [*branches, "conv_cat", "conv_res"]]
        yield from scope(f"field_{stride}", **normalised(modules))
    final = {"conv": [f"{decoder}.conv5"]}
    yield from scope("partial", **joined(normalised([f"{decoder}.{one}" for one in _DECODER]), final))
    for stride, number, count in ((32, 4, 5), (16, 3, 4), (8, 2, 4)):
        yield from scope(f"reverse_{stride}", **normalised([f"ra{number}_conv{n}" for n in range(1, count + 1)]))
    if guided:
        yield from scope("edge", **normalised([f"edge_conv{number}" for number in (1, 2, 3)]))


def caranet() -> Iterator[Entry]:
    """Yield the entries of CaraNet."""
    yield from res2net("res2net101", "resnet.")
    yield from scope("narrow", **_rectified([f"rfb{number}_1" for number in (2, 3, 4)]))
    yield from scope("partial", conv=[*(f"agg1.{one}.conv" for one in _DECODER), "agg1.conv5"])
    for stride, number in zip(_STRIDES, (1, 2, 3), strict=True):
        here, attention = f"reverse_{stride}", f"aa_kernel_{number}"
        yield from scope(
            here,
            **joined(
                _pyramid(f"CFP_{number}"),
                {"conv": [f"{attention}.conv0.conv", f"{attention}.conv1.conv"]},
                _rectified([f"ra{number}_conv{place}" for place in (1, 2, 3)]),
            ),
        )
        for axis, module in (("height", "Hattn"), ("width", "Wattn")):
            at = f"{attention}.{module}"
            held = (f"{at}.query_conv.conv", f"{at}.key_conv.conv", f"{at}.value_conv.conv", f"{at}.gamma")
            yield from scope(here, **{f"attention_{axis}": [held]})


def _rectified(modules: list[str]) -> dict[str, list]:
    return {**normalised(modules, norm="bn_relu.bn"), "prelu": [f"{one}.bn_relu.acti" for one in modules]}


def _pyramid(module: str) -> dict[str, list]:
    first, last = ({"norm": [f"{module}.{one}.bn"], "prelu": [f"{module}.{one}.acti"]} for one in _AROUND)
    chains = []
    for chain in range(1, 5):
        for place in range(1, 4):
            one = f"{module}.dconv_{chain}_{place}"
            halves = {"conv": [Source(f"{one}.conv", half, 2) for half in range(2)]}
            chains.append({**_rectified([one]), **halves})
    return joined(first, _rectified([f"{module}.conv1x1_1"]), *chains, last, {"conv": [f"{module}.conv1x1.conv"]})
