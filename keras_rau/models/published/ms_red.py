"""Names in Ms RED."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, joined, normalised, prefixed, scope

_AFFINITY = ("sab.query.0", "sab.key.0", "sab.value", "sab.query.1", "sab.key.1", "sab.gamma", "cab.gamma")


def ms_red(version: int) -> Iterator[Entry]:
    """Yield the entries of Ms RED."""
    split = _split("conv2")
    first = joined({"conv": ["conv1x1", "conv1"], "norm": ["bn1"]}, split, {"norm": ["bn2"]})
    yield from scope("input", **prefixed("enc_input", first))
    yield from scope("encoder_4_scales", **prefixed("assf_fusion4", _scales()))
    yield from scope("bottom", affinity=[_affinity("affinity_attention")])
    for level in range(1, 5):
        yield from scope(f"encoder_{level}", **_block(f"encoder{level}", version, level == 4))
        yield from scope(f"decoder_{level}", up=[f"deconv{level}"], **_block(f"decoder{level}", version, level == 4))
    places = "scale_att.cbam.SpatialGate"
    gate = "scale_att.cbam.ChannelGate.mlp"
    maps = ["dsv4.dsv.0", "dsv3.dsv.0", "dsv2.dsv.0", "dsv1"]
    yield from scope(
        "head",
        conv=[*maps, f"{places}.conv1.conv", f"{places}.conv2.conv", "scale_att.conv3", "final"],
        norm=[f"{places}.conv1.bn", "scale_att.bn3"],
        dense=[f"{gate}.1", f"{gate}.3"],
    )


def _block(module: str, version: int, attention: bool) -> dict[str, list]:
    kinds = []
    for branch in range(3 if version == 1 else 4):
        at = f"{module}.branch{branch}"
        plain = normalised([f"{at}.{place}" for place in range(branch + 1)])
        last = f"{at}.{branch + 1}"
        kinds += [plain, _split(f"{last}.conv"), {"norm": [f"{last}.bn"]}]
        if attention:
            kinds.append({"affinity": [_affinity(f"{at}.{branch + 2}")]})
    return joined(*kinds, normalised([f"{module}.ConvLinear", f"{module}.shortcut"]))


def _split(module: str) -> dict[str, list]:
    return normalised([f"{module}.module_list.{part}" for part in (1, 2, 3)], "0", "1")


def _affinity(module: str) -> tuple[str, ...]:
    return tuple(f"{module}.{place}" for place in _AFFINITY)


def _scales() -> dict[str, list]:
    levels = ["stride_level_1", "stride_level_2.0", "stride_level_3.0", "stride_level_3.1"]
    votes = [f"weight_level_{level}" for level in range(4)]
    return joined(
        normalised([*levels, *votes], norm="batch_norm"),
        {"conv": ["weight_levels"]},
        normalised(["expand"], norm="batch_norm"),
    )
