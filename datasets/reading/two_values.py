"""Masks of two values, and what is wrong with those that have more."""

import os
import shlex
import subprocess
from pathlib import Path

import cv2
import numpy as np

from keras_rau.datasets.reading.colours import has_alpha
from keras_rau.datasets.reading.content import FileProblem, enough_memory
from keras_rau.datasets.reading.mask_kinds import Greys, tell_apart
from keras_rau.datasets.reading.opening import Opened

# Of a mask with one value only: lesion everywhere, at 1, 8 or 16 bits.
_FULL = (1, 255, 65535)
# Grey levels that JPEG compression moves a pixel at most, but for the outline.
_NEAR = 24
# Up to so many colours may each mean something.
_FEW_COLOURS = 16
_SHOWN = 8
LABELS_REMEDY = (
    "Say what the values mean with the option classes of datasets.load, classes={value: name}. For one lesion class, save "
    "new masks yourself, of 0 and 255."
)
_PLAIN = "Save it as 0 and 255 without smoothing or JPEG compression."


def two_values(opened: Opened) -> np.ndarray:
    """Pixels of a mask as uint8 `(H, W)` of 0 and 1, turned as they are in `opened`.

    Lesion is the other value where one is 0. Where all colours are the same, the mask is in the transparency.

    Raises:
        FileProblem: there are other values, so that it is not clear what is lesion.
    """
    with enough_memory(opened.path):
        return _two_values(opened)


def _two_values(opened: Opened) -> np.ndarray:
    values = mask_plane(opened)
    top = values.max()
    if values.dtype == np.uint8:
        clean = top == 0 or cv2.countNonZero(cv2.inRange(values, int(top), int(top))) == cv2.countNonZero(values)
    else:
        clean = bool(((values == 0) | (values == top)).all() and top >= 0)
    if clean and (top in (0, *_FULL) or not values.all()):
        return (values > 0).astype(np.uint8)
    raise _problem(opened.path, values)


def lesion_value(opened: Opened) -> int | None:
    """Find the grey value that is lesion in a mask of two; `None` for colours, fractions, transparency or a single value."""
    image = opened.image
    if opened.deep is not None or image.mode not in ("1", "L", "I", "I;16") or has_alpha(image):
        return None
    low, high = (image.convert("L") if image.mode == "1" else image).getextrema()
    return int(high) if low == 0 < high else None


def mask_plane(opened: Opened) -> np.ndarray:
    """One number per pixel `(H, W)`: its grey value, or an int64 that stands for its colour.

    Raises:
        FileProblem: colour and transparency contradict each other, or the colour space cannot be read.
    """
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
            f"{path} is not a clear mask: its transparent pixels are not black, so that colour and transparency contradict "
            "each other. Save it as 0 and 255 without transparency.",
        )
    return np.ascontiguousarray(plane)


def _problem(path: Path, values: np.ndarray) -> FileProblem:
    if values.dtype == np.int64:
        return _colour_problem(path, values)
    present = np.unique(values)
    greys = as_greys(values)
    if len(present) <= 2 or greys is None:
        return _unclear(path, present)
    return _of_greys(path, tell_apart(greys), len(present))


def as_greys(values: np.ndarray) -> np.ndarray | None:
    """Convert grey values to uint8 or uint16; return `None` for fractions, or numbers below 0 or above 65535."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() > 65535:
        return None
    return values.astype(np.uint16)


def _unclear(path: Path, present: np.ndarray) -> FileProblem:
    """What is said where none of one or two values is 0, and of numbers that are not grey values."""
    if len(present) == 1:
        what = f"it holds the one grey value {present[0]}, which may be lesion or not"
    elif len(present) == 2:
        one, other = present
        return FileProblem(
            "mask_of_greys",
            f"{path} holds the values {one} and {other}, none of which is 0, so that it does not say which is background.",
            f"If {one} is background and {other} lesion, say so with the option classes of the data set: "
            f"--option 'classes={{{one}: background, {other}: lesion}}'.",
        )
    else:
        what = f"it holds {len(present)} grey values from {present[0]} to {present[-1]}"
    return FileProblem("mask_of_greys", f"{path} is not a mask of two values: {what}. {_PLAIN}", LABELS_REMEDY)


def _of_greys(path: Path, found: Greys, count: int) -> FileProblem:
    """Describe more than two grey values by what they seem to be."""
    listed = ", ".join(str(value) for value in found.values[:_SHOWN]) + (", …" if count > _SHOWN else "")
    text = f"{path} is not a mask of two values: it holds {count} grey values"
    if found.kind == "smoothed":
        text += (
            f" from {found.values[0]} to {found.top}, as smoothing or JPEG compression leaves them around an outline."
        )
        return FileProblem("mask_of_greys", text, clean_remedy(path.parent))
    if found.kind == "border":
        text += f" ({listed}), the middle one at the outline alone: smoothing, or a border that is not to be counted."
        return FileProblem("mask_of_greys", text, clean_remedy(path.parent, "--threshold 0.5 "))
    if found.kind == "greys":
        text += (
            f" from {found.values[0]} to {found.top}, neither class numbers nor a smoothed outline (probabilities?)."
        )
        remedy = "Save masks as 0 and 255, cut at a threshold of your choice: "
        return FileProblem("mask_of_greys", text, remedy + clean_remedy(path.parent, "--threshold 0.5 "))
    void = ", and 255 what is not to be counted" if found.kind == "void" else ""
    return FileProblem("mask_of_greys", f"{text} ({listed}), which look like class numbers{void}.", LABELS_REMEDY)


def clean_remedy(folder: Path, option: str = "") -> str:
    """Return the one command that cuts all masks of a folder into a new folder."""
    words = [str(folder), str(folder.with_name(f"{folder.resolve().name}-clean"))]
    quoted = subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
    return f"`keras-rau clean-masks {option}{quoted}` writes masks of 0 and 255 into a new folder."


def _colour_problem(path: Path, values: np.ndarray) -> FileProblem:
    present = np.unique(values)
    channels = _channels(values)
    spread = np.mean(channels.max(0) - channels.min(0))
    if nearly_two(values):
        text = (
            f"{path} is not a mask of two values: it holds {len(present)} colours, nearly all near black or one other."
        )
        return FileProblem("mask_of_greys", text, clean_remedy(path.parent))
    if len(present) > 256 and spread > 8:
        return FileProblem(
            "mask_is_image",
            f"{path} is not a mask but a picture of {len(present)} colours. If image and mask are exchanged, exchange them "
            "back.",
        )
    names = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in _channels(present).T.tolist()]
    listed = f" ({', '.join(names)})" if len(names) <= _SHOWN else ""
    text = f"{path} is not a mask of two values: it holds {len(present)} colours{listed}."
    if len(present) == 2:
        return FileProblem("mask_of_greys", f"{text} Save it as 0 (black) and 255 (white).", LABELS_REMEDY)
    return FileProblem("mask_of_greys", text, LABELS_REMEDY.replace("value: name", '"#rrggbb": name'))


def _channels(values: np.ndarray) -> np.ndarray:
    """Red, green and blue of colours that stand as one number each."""
    return np.stack([values >> 32, (values >> 16) & 0xFFFF, values & 0xFFFF])


def nearly_two(values: np.ndarray) -> bool:
    """Return whether colours, one number each, are black and one other, apart from traces of JPEG compression."""
    channels = _channels(values)
    near = _NEAR * (1 if channels.max() < 256 else 257)
    dark = channels.max(axis=0) < near
    if not dark.any() or dark.all() or len(np.unique(values)) <= _FEW_COLOURS:
        return False
    colour = np.median(channels[:, ~dark], axis=1)
    others = ~dark & (np.abs(channels - colour[:, None, None]).max(axis=0) >= near)
    # A third colour fills more than the blocks of 8 pixels around an outline.
    inside = cv2.erode(others.astype(np.uint8), np.ones((9, 9), np.uint8))
    return bool(np.mean(others) < 0.05) and not inside.any()


def brightness(values: np.ndarray) -> np.ndarray:
    """Colours that stand as one number each as uint8 or uint16 greys, for masks of black and one colour."""
    channels = _channels(values)
    strongest = channels.max(axis=0)
    return strongest.astype(np.uint8 if strongest.max() < 256 else np.uint16)
