"""What frameworks do differently, call by call: the one table of it."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from keras_rau.layers.arguments import one_of

NAMES = ("keras", "published")


@dataclass(frozen=True)
class Conventions:
    """How the calls of one network treat what frameworks do differently.

    Calls are named by the scope in which they are drawn (`partial`, `decoder_16`), with `*` for anything.

    Attributes:
        aligned: calls whose bilinear resizing aligns corners; the others have half-pixel centres.
        symmetric: calls whose strided convolutions and overlapping pools pad both sides; the others pad as `"same"` of
            TensorFlow does, on even sizes at the far side alone.
        floor: pools drop what does not fill a window, instead of padding.
        epsilons: of batch normalisations, by call; the first that matches.
        pixels: what is done to pixels in [0, 255]: `"imagenet"` (mean 0, deviation 1 over ImageNet), `"signed"` (to
            [−1, 1]), `"unit"` (to [0, 1]), `"stretched"` (each image to [0, 255]), `"plain"` (nothing); `None` leaves it
            to the network.
        several: activation of two and more classes.
        pytorch: the version of PyTorch that the code is written for, or whose defaults it relies on.
    """

    aligned: tuple[str, ...] = ()
    symmetric: tuple[str, ...] = ()
    floor: bool = False
    epsilons: dict[str, float] = field(default_factory=dict)
    pixels: str | None = None
    several: str = "softmax"
    pytorch: str = ""

    def aligns(self, call: str) -> bool:
        """Return whether a call aligns corners."""
        return any(fnmatchcase(call, pattern) for pattern in self.aligned)

    def pads_both_sides(self, call: str) -> bool:
        """Return whether a call's strided layers pad both sides."""
        return any(fnmatchcase(call, pattern) for pattern in self.symmetric)

    def epsilon(self, call: str) -> float:
        """Return the epsilon of a call's batch normalisation."""
        return next((value for pattern, value in self.epsilons.items() if fnmatchcase(call, pattern)), 1e-5)


# Blocks of ResNet and Res2Net hold a strided 3×3 convolution beside a path that takes every second pixel: both must sit on
# the same ones.
KERAS = Conventions(symmetric=("encoder_stage*",))

_EVERYWHERE = ("*",)
# `interpolate` and `Upsample` aligned corners before PyTorch 0.4.0; since then they do where the code says so.
_SINCE = "0.4.0 and later"
_PRANET = Conventions(
    aligned=("partial",), symmetric=_EVERYWHERE, floor=True, pixels="imagenet", pytorch=f"1.3, {_SINCE}"
)
_LIGHT = Conventions(aligned=_EVERYWHERE, symmetric=_EVERYWHERE, floor=True, pixels="stretched", pytorch=_SINCE)
_U_SHAPE = Conventions(symmetric=_EVERYWHERE, floor=True, pixels="signed", pytorch=_SINCE)

PUBLISHED: dict[str, Conventions] = {
    "UNet": _U_SHAPE,
    "AttentionUNet": _U_SHAPE,
    "PraNet": _PRANET,
    "MFSNet": _PRANET,
    "CaraNet": Conventions(
        aligned=("partial",),
        symmetric=_EVERYWHERE,
        floor=True,
        epsilons={"encoder*": 1e-5, "*": 1e-3},
        pixels="imagenet",
        pytorch=_SINCE,
    ),
    "CPFNet": Conventions(aligned=_EVERYWHERE, symmetric=_EVERYWHERE, floor=True, pixels="unit", pytorch=_SINCE),
    "GFANet": Conventions(
        aligned=("field_*", "fusion"),
        symmetric=_EVERYWHERE,
        floor=True,
        pixels="signed",
        several="sigmoid",
        pytorch=_SINCE,
    ),
    "MsRED": Conventions(symmetric=_EVERYWHERE, floor=True, pixels="signed", several="sigmoid", pytorch=_SINCE),
    "EGEUNet": _LIGHT,
    "MALUNet": _LIGHT,
    "MCGFFNet": Conventions(aligned=_EVERYWHERE, symmetric=_EVERYWHERE, floor=True, pixels="signed", pytorch=_SINCE),
}


def conventions_of(network: str, name: Any) -> Conventions:
    """Return the conventions of a network.

    Args:
        network: name of its class.
        name: `"keras"` or `"published"`.

    Raises:
        ValueError: the name is unknown, or no published code of the network is followed.

    Example:
        >>> conventions_of("PraNet", "published").aligns("partial")
        True
    """
    if one_of("conventions", name, NAMES) == "keras":
        return KERAS
    if network not in PUBLISHED:
        raise ValueError(
            f"{network} follows no published code. Networks that do: {', '.join(PUBLISHED)}. Received: "
            "conventions='published'"
        )
    return PUBLISHED[network]
