"""Presets at another width."""

from typing import Any

from keras_rau.models.deeplab_v3_plus import DeepLabV3Plus
from keras_rau.models.presets import PRESETS
from keras_rau.models.u_shape import UShape

_WIDTH = 64  # of a U-shape whose preset says nothing


def scaled(name: str, factor: float) -> dict[str, Any]:
    """Arguments that multiply the channels of a preset, `{}` for a factor of 1.

    Encoders of keras.applications and EfficientNet-Lite0 keep their widths; what follows them is scaled.

    Args:
        name: of a preset.
        factor: of all channels.

    Example:
        >>> scaled("unet", 0.25)
        {'width': 16}
    """
    preset = PRESETS[name]
    if factor == 1:
        return {}
    if issubclass(preset.builder, UShape):
        return {"width": max(1, round(preset.settings.get("width", _WIDTH) * factor))}
    return {"width": factor * preset.settings.get("width", 1.0)}


def has_ready_encoder(name: str) -> bool:
    """Whether a preset's encoder is a network of keras.applications or EfficientNet-Lite0, at its own width only."""
    preset = PRESETS[name]
    return "encoder" in preset.settings or preset.builder is DeepLabV3Plus
