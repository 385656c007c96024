"""Pixels of any kind of picture as 8-bit RGB."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from keras_rau.datasets.reading.content import FileProblem
from keras_rau.datasets.reading.depth import FULL, eight_bits, guessed_depth
from keras_rau.datasets.reading.opening import Opened

_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")
# Takes the file and the number of bits that were guessed.
Note = Callable[[Path, int], None]


def has_alpha(image: Image.Image) -> bool:
    """Whether the picture has transparent pixels or might have some."""
    return image.mode in _ALPHA_MODES or "transparency" in image.info


def rgb(opened: Opened, bit_depth: int | None = None, note: Note | None = None) -> np.ndarray:
    """Pixels as uint8 RGB `(H, W, 3)`, turned as they are in `opened`.

    16-bit values are scaled; transparent pixels show white, as viewers show them, unless all pixels are equally
    transparent, which only careless programs write; CMYK is converted without colour profile.

    Args:
        opened: the file.
        bit_depth: how many bits are used in a file of 16 bits; as the file says, or else as its values let guess, if `None`.
        note: called with the path and the number of bits where it was guessed.

    Raises:
        FileProblem: the pixels are floating-point or 32-bit numbers, need more bits than `bit_depth`, or are in a colour
            space without a way to RGB.
    """
    image = opened.image
    if opened.deep is not None:
        return _over_white(_scaled(opened, opened.deep, bit_depth, note))
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
        grey = _scaled(opened, values[..., None].astype(np.uint16), bit_depth, note)
        return np.repeat(grey, 3, axis=2)
    if has_alpha(image):
        return _over_white(np.asarray(image.convert("RGBA")))
    try:
        return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    except ValueError as error:
        raise FileProblem(
            "file_unreadable", f"{opened.path} has a colour space that cannot be read ({error}). Save it as RGB."
        ) from error


def _scaled(opened: Opened, values: np.ndarray, bit_depth: int | None, note: Note | None) -> np.ndarray:
    """Values of up to 16 bits as 8; transparency has the depth of the colours, or all 16 bits where that is too little."""
    colours, alpha = values[..., :3], values[..., 3:]
    bits = bit_depth or opened.depth
    if bits is None:
        # Black is black, however deep.
        bits = guessed_depth(colours) if colours.any() else FULL
        if note is not None and colours.any():
            note(opened.path, bits)
    # What Pillow scaled to all 16 bits is so whatever was said of other files.
    if opened.format == "JPEG2000" and opened.depth is not None:
        bits = FULL
    scaled = eight_bits(opened.path, colours, bits)
    if not alpha.size:
        return scaled
    alpha_bits = bits if alpha.max() < 2**bits else FULL
    return np.concatenate([scaled, eight_bits(opened.path, alpha, alpha_bits)], axis=2)


def _over_white(values: np.ndarray) -> np.ndarray:
    colours = values[..., :3]
    if values.shape[2] == 3 or values[..., 3].min() == values[..., 3].max():
        return np.ascontiguousarray(colours)
    alpha = values[..., 3:].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
