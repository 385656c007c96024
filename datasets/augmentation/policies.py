"""How far an augmentation goes: policies by name, and policies of one's own."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from keras_rau.errors import UsageError
from keras_rau.suggestion import did_you_mean

# Largest value of each field; nothing useful is left of a picture beyond it, or the array of draws ends there.
_LIMITS: dict[str, float] = {
    "rotation": 180,
    "scale": 2,
    "shift": 0.5,
    "shear": 45,
    "aspect": 1,
    "elastic": 0.1,
    "brightness": 0.9,
    "contrast": 0.9,
    "saturation": 1,
    "hue": 180,
    "tint": 0.9,
    "gamma": 2,
    "blur": 0.1,
    "sharpen": 5,
    "noise": 100,
    "jpeg": 95,
    "degradation": 1,
    "hair": 1,
    "hairs": 32,
    "vignette": 1,
    "dropout": 1,
    "dropout_boxes": 16,
    "dropout_size": 1,
}


@dataclass(frozen=True)
class Policy:
    """How far a policy goes; 0 leaves that part out, and a strength is drawn again for each image from 0 to the reach.

    Attributes:
        dihedral: flip, and turn by multiples of 90° (by 180° only when the frame is not square).
        rotation: largest rotation to either side, in degrees.
        scale: largest relative change of size to either side; 0.15 is from 1/1.15 to 1.15.
        shift: largest shift to either side, as a share of the frame's side.
        shear: largest shear to either side, in degrees.
        aspect: largest relative change of the aspect ratio to either side; 0.33 is from 3/4 to 4/3.
        elastic: largest displacement of a smooth random distortion, as a share of the shorter side.
        brightness: largest relative change of brightness to either side.
        contrast: the same of the contrast about the mean colour.
        saturation: the same of colour saturation.
        hue: largest turn of the hues to either side, in degrees.
        tint: largest relative change of each colour channel on its own.
        gamma: largest relative change of the exponent of a gamma curve to either side.
        blur: largest standard deviation of a Gaussian blur, as a share of the shorter side.
        sharpen: largest amount of unsharp masking; 1 doubles the finest details.
        noise: largest standard deviation of Gaussian noise, in grey levels of 255.
        jpeg: largest loss of JPEG quality, in points below 100.
        degradation: probability of each of blur, sharpening, noise and JPEG compression.
        hair: probability of hairs drawn over the image.
        hairs: largest number of them, at most 32.
        vignette: probability of dark corners, as of a round lens.
        dropout: probability of rectangles filled with the image's mean colour; the mask keeps what they hide.
        dropout_boxes: largest number of them, at most 16.
        dropout_size: largest side of one, as a share of the frame's side.

    Raises:
        UsageError: a value is out of range or of a wrong kind.

    Example:
        >>> Policy(rotation=90, hair=0.3)
    """

    dihedral: bool = True
    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    aspect: float = 0.0
    elastic: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    tint: float = 0.0
    gamma: float = 0.0
    blur: float = 0.0
    sharpen: float = 0.0
    noise: float = 0.0
    jpeg: float = 0.0
    degradation: float = 0.25
    hair: float = 0.0
    hairs: int = 12
    vignette: float = 0.0
    dropout: float = 0.0
    dropout_boxes: int = 4
    dropout_size: float = 0.25

    def __post_init__(self) -> None:
        if not isinstance(self.dihedral, bool):
            raise UsageError(f"Augmentation: `dihedral` must be true or false. Received: {self.dihedral!r}")
        for name, limit in _LIMITS.items():
            value, kind = getattr(self, name), "whole number" if name in ("hairs", "dropout_boxes") else "number"
            number = isinstance(value, int) or (isinstance(value, float) and kind == "number" and math.isfinite(value))
            if isinstance(value, bool) or not number or not 0 <= value <= limit:
                raise UsageError(f"Augmentation: `{name}` must be a {kind} from 0 to {limit}. Received: {value!r}")


POLICIES: dict[str, Policy | None] = {
    "none": None,
    "light": Policy(rotation=20, scale=0.15, shift=0.05, brightness=0.1, contrast=0.1, saturation=0.1),
    # The paper does not say how it augments: the mildest usual setting, our interpretation.
    "paper": Policy(rotation=15),
    "strong": Policy(
        rotation=45,
        scale=0.3,
        shift=0.1,
        shear=10,
        elastic=0.04,
        brightness=0.25,
        contrast=0.25,
        saturation=0.3,
        hue=5,
        tint=0.08,
        gamma=0.25,
        blur=0.006,
        sharpen=1.0,
        noise=8,
        jpeg=60,
        degradation=0.2,
        hair=0.25,
        vignette=0.15,
        dropout=0.25,
    ),
}


def get_policy(augment: bool | str | Mapping[str, Any] | Policy | None) -> Policy | None:
    """Policy of a name, or of a name and changes to it.

    Args:
        augment: a name in `POLICIES`; `True` for `"light"`; `False` or `None` for none; a `Policy`; or a mapping of
            fields of `Policy`, whose `name` says what they are changes of (`"light"` without; of `"none"` nothing but
            the given fields is done).

    Returns:
        The policy, or `None` when nothing is to be done.

    Raises:
        UsageError: the name or a field is unknown, or a value is out of range.

    Example:
        >>> get_policy({"name": "light", "rotation": 90}).rotation
        90
    """
    if isinstance(augment, Policy):
        return augment
    if isinstance(augment, Mapping):
        changes = {key: value for key, value in augment.items() if key != "name"}
        known = [field.name for field in fields(Policy)]
        for key in changes:
            if key not in known:
                hint = did_you_mean(key, known)
                raise UsageError(f"Unknown field of an augmentation: {key!r}. {hint}Known: name, {', '.join(known)}.")
        base = get_policy(augment.get("name", "light"))
        if base is None and not changes:
            return None
        return replace(base or Policy(dihedral=False), **changes)
    name = augment
    if augment is None or isinstance(augment, bool):
        name = "light" if augment else "none"
    if not isinstance(name, str) or name not in POLICIES:
        hint = did_you_mean(name, POLICIES)
        raise UsageError(f"Unknown augmentation. {hint}Known: {', '.join(POLICIES)}. Received: augment={augment!r}")
    return POLICIES[name]
