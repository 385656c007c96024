"""Ready-made models by name."""

from dataclasses import dataclass, field
from typing import Any

from keras_rau import pretrained
from keras_rau.models.attention_unet import AttentionUNet
from keras_rau.models.base import SegmentationModel
from keras_rau.models.rau_net import RAUNet
from keras_rau.models.unet import UNet
from keras_rau.models.weights_file import load_weights
from keras_rau.suggestion import did_you_mean


@dataclass(frozen=True)
class Preset:
    """A builder, its settings, and what the model is."""

    builder: type[SegmentationModel]
    description: str
    settings: dict[str, Any] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "unet": Preset(UNet, "U-Net, the comparison of the paper's tables (printed there as 32.9 million)"),
    "attention_unet": Preset(AttentionUNet, "Attention U-Net, the same (33.3 million)"),
    "rau_net_paper": Preset(
        RAUNet,
        "reverse-attention U-Net at the paper's size (48 million), our interpretation",
        {"deep_supervision": True},
    ),
    "rau_net_small": Preset(
        RAUNet,
        "reverse-attention U-Net a quarter as wide",
        {"width": 16, "boundary_depth": 1, "reverse_depth": 2, "upsampling": "bilinear", "deep_supervision": True},
    ),
    "rau_net_lite": Preset(
        RAUNet,
        "the same on EfficientNet-Lite0, of depthwise separable convolutions: the model that `keras-rau predict` uses",
        {
            "input_shape": (192, 192, 3),
            "width": 16,
            "boundary_depth": 1,
            "reverse_depth": 1,
            "separable": True,
            "upsampling": "bilinear",
            "deep_supervision": True,
            "encoder": "efficientnet_lite0",
        },
    ),
    "rau_net_nano": Preset(
        RAUNet,
        "reverse-attention U-Net of depthwise separable convolutions, for demos, phones and browsers",
        {
            "width": 8,
            "boundary_depth": 1,
            "reverse_depth": 1,
            "separable": True,
            "upsampling": "bilinear",
            "deep_supervision": True,
        },
    ),
}


def list_presets() -> list[str]:
    """Names that `from_preset` knows."""
    return list(PRESETS)


def from_preset(name: str, weights: str | None = "default", **overrides: Any) -> SegmentationModel:
    """Build a model by name.

    Args:
        name: one of `list_presets()`.
        weights: `"default"` for the trained weights that come with the preset, a path to a `.weights.h5` file, or
            `None` for fresh ones.
        **overrides: arguments of the model that replace those of the preset (`input_shape`, `width`, …).

    Returns:
        The model.

    Raises:
        ValueError: the name is unknown, the preset has no trained weights, or they do not fit the model because of
            `overrides`.
        RauError: the file of weights cannot be read.

    Example:
        >>> model = from_preset("rau_net_lite", input_shape=(256, 256, 3))
    """
    preset = PRESETS.get(name)
    if preset is None:
        hint = did_you_mean(name, PRESETS)
        raise ValueError(f"Unknown preset. {hint}Known: {', '.join(PRESETS)}. Received: name={name!r}")
    if weights == "default" and name not in pretrained.names():
        raise ValueError(
            f"The preset {name!r} comes without trained weights; build it with weights=None and train it. "
            f"Received: weights={weights!r}"
        )
    settings = {"name": name, **preset.settings, **overrides}
    model = preset.builder(**settings)
    if weights is not None:
        load_weights(model, pretrained.weights_file(name) if weights == "default" else weights)
    return model
