"""Pixels of any kind of picture as 8-bit RGB."""

import numpy as np
from PIL import Image

from keras_rau.datasets.reading.opening import FileProblem, Opened

_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")


def has_alpha(image: Image.Image) -> bool:
    """Whether the picture has transparent pixels or might have some."""
    return image.mode in _ALPHA_MODES or "transparency" in image.info


def rgb(opened: Opened) -> np.ndarray:
    """Pixels as uint8 RGB `(H, W, 3)`, turned as they are in `opened`.

    16-bit values are scaled; transparent pixels show white, as viewers show them, unless all pixels are equally
    transparent, which only careless programs write; CMYK is converted without colour profile.

    Raises:
        FileProblem: the pixels are floating-point or 32-bit numbers, or in a colour space without a way to RGB.
    """
    image = opened.image
    if opened.deep is not None:
        return _over_white(_eight_bits(opened.deep))
    if image.mode == "F":
        raise FileProblem(
            "file_unreadable", f"{opened.path} holds floating-point values; save it with 8 or 16 bits per channel."
        )
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise FileProblem(
                "file_unreadable", f"{opened.path} holds 32-bit values; save it with 8 or 16 bits per channel."
            )
        return np.repeat(_eight_bits(values)[..., None], 3, axis=2)
    if has_alpha(image):
        return _over_white(np.asarray(image.convert("RGBA")))
    try:
        return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    except ValueError as error:
        raise FileProblem(
            "file_unreadable", f"{opened.path} has a colour space that cannot be read ({error}). Save it as RGB."
        ) from error


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Values up to 255 in a file of 16 bits are meant as 8 bits; others are scaled."""
    return (values / 257 if values.max() > 255 else values).round().astype(np.uint8)


def _over_white(values: np.ndarray) -> np.ndarray:
    colours = values[..., :3]
    if values.shape[2] == 3 or values[..., 3].min() == values[..., 3].max():
        return np.ascontiguousarray(colours)
    alpha = values[..., 3:].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
