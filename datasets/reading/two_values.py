"""Masks of two values, and what is wrong with those that have more."""

from pathlib import Path

import cv2
import numpy as np

from keras_rau.datasets.reading.colours import has_alpha
from keras_rau.datasets.reading.opening import FileProblem, Opened

# Of a mask with one value only: lesion everywhere, at 1, 8 or 16 bits.
_FULL = (1, 255, 65535)
# The names stand in double quotes, which every shell understands.
_REPAIR = (
    'python -c "import sys; from PIL import Image; '
    'Image.open(sys.argv[1]).convert(\'L\').point(lambda v: 255 * (v > 127)).save(sys.argv[2])" "{old}" "{new}"'
)
# Grey levels that JPEG compression moves a pixel at most, but for the outline.
_NEAR = 24


def two_values(opened: Opened) -> np.ndarray:
    """Pixels of a mask as uint8 `(H, W)` of 0 and 1, turned as they are in `opened`.

    Lesion is the other value where one is 0. Where all colours are the same, the mask is in the transparency.

    Raises:
        FileProblem: there are other values, so that it is not clear what is lesion.
    """
    values = _plane(opened)
    top = values.max()
    if values.dtype == np.uint8:
        clean = top == 0 or cv2.countNonZero(cv2.inRange(values, int(top), int(top))) == cv2.countNonZero(values)
    else:
        clean = bool(((values == 0) | (values == top)).all() and top >= 0)
    if clean and (top in (0, *_FULL) or not values.all()):
        return (values > 0).astype(np.uint8)
    raise _problem(opened.path, values)


def _plane(opened: Opened) -> np.ndarray:
    """One number per pixel: its grey value, or a number of its colour."""
    image = opened.image
    if opened.deep is not None:
        return _grey_or_colour(opened.path, opened.deep)
    if image.mode in ("1", "L") and not has_alpha(image):
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    if image.mode[0] in "IF":
        return np.asarray(image)
    try:
        return _grey_or_colour(opened.path, np.asarray(image.convert("RGBA" if has_alpha(image) else "RGB")))
    except ValueError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(
            "file_unreadable", f"{opened.path} has a colour space that cannot be read ({error}). Save it as grey."
        ) from error


def _grey_or_colour(path: Path, values: np.ndarray) -> np.ndarray:
    red, green, blue = (values[..., channel] for channel in range(3))
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    plane = red if grey else (red.astype(np.int64) << 32) + (green.astype(np.int64) << 16) + blue
    if values.shape[2] == 3 or values[..., 3].min() == values[..., 3].max():
        return np.ascontiguousarray(plane)
    alpha = values[..., 3]
    if plane.min() == plane.max():
        return np.ascontiguousarray(alpha)
    if plane[alpha == 0].any():
        raise FileProblem(
            "mask_of_greys",
            f"{path} is no clear mask: its transparent pixels are not black, so that colour and transparency contradict "
            "each other. Save it as 0 and 255 without transparency.",
        )
    return np.ascontiguousarray(plane)


def _problem(path: Path, values: np.ndarray) -> FileProblem:
    present = np.unique(values)
    if values.dtype == np.int64:
        return _colour_problem(path, values, present)
    if len(present) == 1:
        what = f"it holds the one grey value {present[0]}, which may be lesion or not"
    elif len(present) == 2:
        what = f"it holds the 2 grey values {present[0]} and {present[1]}, of which none is 0"
    else:
        what = f"it holds {len(present)} grey values from {present[0]} to {present[-1]}"
    text = f"{path} is no mask of two values: {what}. Save it as 0 and 255 without smoothing or JPEG compression."
    if values.dtype == np.uint8 and len(present) > 2 and np.mean((values < 64) | (values > 191)) > 0.95:
        new = path.with_suffix(".png")
        text += (
            " Nearly all of its pixels are near 0 or 255, as smoothing or JPEG compression leaves them; this cuts them at the "
            f"middle: {_REPAIR.format(old=path, new=new)}" + ("" if new == path else f" (then remove {path.name})")
        )
    return FileProblem("mask_of_greys", text)


def _colour_problem(path: Path, values: np.ndarray, present: np.ndarray) -> FileProblem:
    channels = np.stack([values >> 32, (values >> 16) & 0xFFFF, values & 0xFFFF])
    spread = np.mean(channels.max(0) - channels.min(0))
    if len(present) > 256 and spread > 8 and not _nearly_two(channels):
        return FileProblem(
            "mask_is_image",
            f"{path} is no mask but a picture of {len(present)} colours. If image and mask are exchanged, exchange them "
            "back.",
        )
    return FileProblem(
        "mask_of_greys",
        f"{path} is no mask of two values: it holds {len(present)} colours. Save it as 0 (black) and 255 (white) without "
        "smoothing or JPEG compression.",
    )


def _nearly_two(channels: np.ndarray) -> bool:
    """Whether nearly all pixels are near black or near one other colour, as JPEG compression leaves them."""
    near = _NEAR * (1 if channels.max() < 256 else 257)
    dark = channels.max(axis=0) < near
    if not dark.any() or dark.all():
        return False
    colour = np.median(channels[:, ~dark], axis=1)
    alike = np.abs(channels - colour[:, None, None]).max(axis=0) < near
    return bool(np.mean(dark | alike) > 0.95)
