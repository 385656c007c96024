"""Names in MCGFF-Net."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, joined, normalised, prefixed, scope


def mcgff_net() -> Iterator[Entry]:
    """Yield the entries of MCGFF-Net."""
    for level in range(5):
        kinds = _double("in_conv" if level == 0 else f"down{level}.maxpool_conv.1")
        if level < 4:
            at = f"down{level + 1}.cbam"
            kinds = joined(kinds, {"conv": [f"{at}.conv"], "narrow": [f"{at}.mlp.0"], "wide": [f"{at}.mlp.2"]})
        yield from scope(f"encoder_{level}", **kinds)
    for level in range(4):
        kinds = joined(_perception("convpro"), _fusion("feature_fusion"), _double("conv"))
        yield from scope(f"decoder_{level}", **prefixed(f"up{4 - level}", kinds))
    yield from scope("head", conv=["out_conv.conv"])


def _double(module: str) -> dict[str, list]:
    return prefixed(f"{module}.double_conv", {"conv": ["0", "3"], "norm": ["1", "4"]})


def _perception(module: str) -> dict[str, list]:
    grouped = {
        "grouped": [f"depthwise_conv{number}" for number in range(1, 5)],
        "conv": [*(f"pointwise_conv{number}" for number in range(1, 5)), "conv_5.0", "conv_5.2"],
        "norm": ["conv_5.3"],
    }
    return prefixed(module, joined(grouped, normalised(["conv_6", "final_conv"], "0", "1")))


def _fusion(module: str) -> dict[str, list]:
    pyramid = [f"layer1.{one}" for one in ("conv", "conv1", "conv2", "conv3", "conv4", "conv_1x1_output")]
    kinds = joined(
        normalised(["layer2", "layer3"]),
        normalised(["layer3_1", "layer5_1", *pyramid, "layer_out"], "0", "1"),
        {"across": ["layer1.senet.conv1"]},
    )
    return prefixed(module, kinds)
