"""Ready-made models by name."""

from dataclasses import dataclass, field
from os import PathLike
from types import NoneType
from typing import Any

from keras_rau import pretrained
from keras_rau.models.as_net import ASNet
from keras_rau.models.attention_unet import AttentionUNet
from keras_rau.models.base import SegmentationModel
from keras_rau.models.caranet import CaraNet
from keras_rau.models.cpfnet import CPFNet
from keras_rau.models.deeplab_v3_plus import DeepLabV3Plus
from keras_rau.models.ege_unet import EGEUNet
from keras_rau.models.gfanet import GFANet
from keras_rau.models.malunet import MALUNet
from keras_rau.models.mcgff_net import MCGFFNet
from keras_rau.models.mfsnet import MFSNet
from keras_rau.models.ms_red import MsRED
from keras_rau.models.pranet import PraNet
from keras_rau.models.rau_net import RAUNet
from keras_rau.models.unet import UNet
from keras_rau.models.unet_plus_plus import UNetPlusPlus
from keras_rau.models.weights_file import load_weights
from keras_rau.suggestion import did_you_mean


@dataclass(frozen=True)
class Preset:
    """A model by name.

    Attributes:
        builder: its class.
        description: what it is, in a line.
        parameters: trainable parameters at one class.
        loss: name of the loss that it was published with.
        settings: arguments of the builder.
        loss_settings: arguments of that loss.
    """

    builder: type[SegmentationModel]
    description: str
    parameters: int
    loss: str = "compound"
    settings: dict[str, Any] = field(default_factory=dict)
    loss_settings: dict[str, Any] = field(default_factory=dict)


_SUPERVISED = {"deep_supervision": True}
# Dice averaged over lesion and background: Ms RED of each image, CPFNet of the batch.
_MS_RED_LOSS = {"losses": ["bce", {"name": "dice", "both_classes": True}]}
_CPFNET_LOSS = {"losses": ["bce", {"name": "dice", "smooth": 0.001, "both_classes": True}], "average": "batch"}

PRESETS: dict[str, Preset] = {
    "unet": Preset(
        UNet, "U-Net, the comparison of the paper's tables (printed there as 32.9 million)", 34_527_041, "bce"
    ),
    "attention_unet": Preset(
        AttentionUNet,
        "Attention U-Net, the same (33.3 million)",
        34_878_573,
        "dice",
        loss_settings={"smooth": 0.01, "both_classes": True},
    ),
    "rau_net_paper": Preset(
        RAUNet,
        "reverse-attention U-Net at the paper's size (48 million), our interpretation",
        48_122_565,
        settings=_SUPERVISED,
    ),
    "rau_net_small": Preset(
        RAUNet,
        "reverse-attention U-Net a quarter as wide",
        2_643_493,
        settings={"width": 16, "boundary_depth": 1, "reverse_depth": 2, "upsampling": "bilinear", **_SUPERVISED},
    ),
    "rau_net_lite": Preset(
        RAUNet,
        "the same on EfficientNet-Lite0, of depthwise separable convolutions: the model that `keras-rau predict` uses",
        3_212_549,
        settings={
            "input_shape": (192, 192, 3),
            "width": 16,
            "boundary_depth": 1,
            "reverse_depth": 1,
            "separable": True,
            "upsampling": "bilinear",
            "encoder": "efficientnet_lite0",
            **_SUPERVISED,
        },
    ),
    "rau_net_nano": Preset(
        RAUNet,
        "reverse-attention U-Net of depthwise separable convolutions, for demos, phones and browsers",
        100_488,
        settings={
            "width": 8,
            "boundary_depth": 1,
            "reverse_depth": 1,
            "separable": True,
            "upsampling": "bilinear",
            **_SUPERVISED,
        },
    ),
    "pranet": Preset(PraNet, "PraNet, reverse attention for polyps, 2020", 30_498_319, "structure", _SUPERVISED),
    "caranet": Preset(CaraNet, "CaraNet, PraNet with axial attention, 2022", 44_593_560, "structure", _SUPERVISED),
    "mfsnet": Preset(MFSNet, "MFSNet, PraNet with an edge branch, 2022", 31_072_143, "structure", _SUPERVISED),
    "gfanet": Preset(GFANet, "GFANet, gated fusion and reverse attention, 2023", 23_174_809, "structure", _SUPERVISED),
    "cpfnet": Preset(
        CPFNet,
        "CPFNet, context pyramid fusion, 2020 (43.3 million with dead weights)",
        30_650_724,
        loss_settings=_CPFNET_LOSS,
    ),
    "as_net": Preset(ASNet, "AS-Net, attention to places and channels on VGG-16, 2022", 25_001_381, "weighted_bce"),
    "mcgff_net": Preset(MCGFFNet, "MCGFF-Net, several kernels and cross-layer fusion, 2024", 43_608_205),
    "ms_red": Preset(
        MsRED,
        "Ms RED, multi-scale residual encoding, 2022 (3.8 million of 2^20)",
        4_018_149,
        loss_settings=_MS_RED_LOSS,
    ),
    "ms_red_v2": Preset(
        MsRED,
        "Ms RED with a fourth branch in each block",
        4_709_065,
        settings={"version": 2},
        loss_settings=_MS_RED_LOSS,
    ),
    "malunet": Preset(MALUNet, "MALUNet, four kinds of attention in 0.18 million, 2022", 177_943),
    "ege_unet": Preset(EGEUNet, "EGE-UNet, products in 0.05 million, 2023", 53_374, settings=_SUPERVISED),
    "unet_plus_plus": Preset(UNetPlusPlus, "U-Net++, nested skip connections, 2018", 9_042_276, settings=_SUPERVISED),
    "unet_plus_plus_pytorch": Preset(
        UNetPlusPlus,
        "U-Net++ with batch normalisation, in the layout of an unofficial PyTorch version",
        9_163_428,
        settings={"layout": "pytorch", **_SUPERVISED},
    ),
    "deeplab_v3_plus": Preset(DeepLabV3Plus, "DeepLabV3+ on ResNet-50, 2018", 40_373_601, "bce"),
}


def list_presets() -> list[str]:
    """Names that `from_preset` knows."""
    return list(PRESETS)


def from_preset(
    name: str, weights: str | PathLike | None = "default", *, style: Any = None, **overrides: Any
) -> SegmentationModel:
    """Build a model by name.

    Args:
        name: one of `list_presets()`.
        weights: `"default"` for the trained weights that come with the preset, a path to a `.weights.h5` file, or
            `None` for fresh ones.
        style: outline style folded into the last convolution, see `SegmentationModel.with_style`; `None` for the model with
            all its maps, which gives the default one.
        **overrides: arguments of the model that replace those of the preset (`input_shape`, `width`, …).

    Returns:
        The model.

    Raises:
        ValueError: the name is unknown, the preset has no trained weights, or they do not fit the model because of
            `overrides`; or the model has no such style.
        RauError: the file of weights cannot be read.

    Example:
        >>> model = from_preset("rau_net_lite", input_shape=(256, 256, 3))
    """
    preset = PRESETS.get(name) if isinstance(name, str) else None
    if preset is None:
        hint = did_you_mean(name, PRESETS)
        raise ValueError(f"Unknown preset. {hint}Known: {', '.join(PRESETS)}. Received: name={name!r}")
    if not isinstance(weights, (str, PathLike, NoneType)):
        raise ValueError(f"`weights` must be 'default', a path, or None for fresh ones. Received: weights={weights!r}")
    if weights == "default" and name not in pretrained.names():
        raise ValueError(
            f"The preset {name!r} comes without trained weights; build it with weights=None and train it. "
            f"Received: weights={weights!r}"
        )
    settings = {"name": name, **preset.settings, **overrides}
    model = preset.builder(**settings)
    if weights is not None:
        load_weights(model, pretrained.weights_file(name) if weights == "default" else weights)
    return model if style is None else model.with_style(style)
