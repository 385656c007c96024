"""Names in CPFNet."""

from collections.abc import Iterator

from keras_rau.models.published.sources import Entry, joined, normalised, prefixed, scope

UNUSED = (
    "backbone.fc.*",
    "decoder?.sap.*",
    "decoder5.conv_3x3.*",
    "sap.conv1x1.1.*",
    "sap.conv3x3_1.1.*",
    "sap.conv3x3_2.1.*",
)


def cpfnet() -> Iterator[Entry]:
    """Yield the entries of CPFNet."""
    yield from resnet34("backbone.")
    for stride, number in ((4, 2), (8, 3), (16, 4)):
        names = [f"conv{one}" for one in range(5, number - 1, -1)]
        separable = [f"dilation{one}" for one in range(1, len(names) + 1)]
        kinds = [normalised(names, "0", "1")]
        for one in separable:
            kinds.append(
                {
                    "depthwise": [f"{one}.0.conv1"],
                    "conv": [f"{one}.0.pointwise"],
                    "norm": [f"{one}.0.bn", f"{one}.1"],
                }
            )
        kinds.append(normalised(["conv_out"], "0", "1"))
        yield from scope(f"guidance_{stride}", **prefixed(f"mce_{number}", joined(*kinds)))
    bottom = {
        "dilations": ["conv3x3"],
        "norm": ["bn.0", "bn.1", "bn.2", "conv_last.bn"],
        "choose": ["conv1x1.0", "conv3x3_1.0", "conv3x3_2.0"],
        "scale": ["gamma"],
        "conv": ["conv_last.conv"],
    }
    yield from scope("bottom", **prefixed("sap", bottom))
    for stride, number in ((16, 5), (8, 4), (4, 3), (2, 2)):
        names = ["conv_1x1"] if number == 5 else ["conv_3x3", "conv_1x1"]
        yield from scope(f"decoder_{stride}", **prefixed(f"decoder{number}", normalised(names)))
    head = joined(normalised(["conv_1x1_3x3.0", "conv_1x1_3x3.1"]), {"conv": ["conv_1x1_2"]})
    yield from scope("head", **prefixed("main_head", head))


def resnet34(prefix: str) -> Iterator[Entry]:
    """Yield the entries of ResNet-34."""
    yield from scope("encoder", conv=[f"{prefix}conv1"], norm=[f"{prefix}bn1"])
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        for block in range(blocks):
            at, here = f"{prefix}layer{stage}.{block}.", f"encoder_stage{stage}_block{block + 1}"
            yield from scope(here, conv=[f"{at}conv1", f"{at}conv2"], norm=[f"{at}bn1", f"{at}bn2"])
            if block == 0 and stage > 1:
                yield from scope(f"{here}_shortcut", conv=[f"{at}downsample.0"], norm=[f"{at}downsample.1"])
