"""Telling apart what a mask of more than two values may be: class numbers, void borders, smoothed outlines, probabilities."""

from dataclasses import dataclass

import cv2
import numpy as np

# Grey levels of 255 that JPEG compression moves a pixel at most, but for the outline.
_NOISE = 24
# A mask of so few values is taken to have been compressed or smoothed in no case: each value may mean something.
_FEW = 3
# Up to so many values are class numbers whatever they look like; more are if they fill areas, such as numbers of instances.
_SOME, _MANY = 16, 64
_VOID = 255


@dataclass(frozen=True)
class Greys:
    """What the values of a mask seem to be.

    Attributes:
        kind: `"labels"`: numbers of classes; `"void"`: the same, with 255 for what is not to be counted; `"smoothed"`: lesion
            and skin with an outline of greys in between; `"border"`: two values with a third one between them;
            `"greys"`: none of these.
        values: the values there are, sorted; at most 256 of them.
        top: the highest value.
    """

    kind: str
    values: tuple[int, ...]
    top: int


def tell_apart(plane: np.ndarray) -> Greys:
    """Say what a mask of more than two values is.

    Args:
        plane: uint8 or uint16 `(H, W)`.

    Returns:
        Its kind. `"smoothed"` means that cutting it at half its highest value loses nothing but the smoothing.
    """
    present, counts = np.unique(plane, return_counts=True)
    top, scale = int(present[-1]), 255 if plane.dtype == np.uint8 or present[-1] <= 255 else 65535
    values = tuple(int(value) for value in present[:256])
    if len(present) > _FEW and top >= 0.9 * scale and _is_smoothed(plane, present, scale):
        return Greys("smoothed", values, top)
    if len(present) == _FEW and top >= 0.9 * scale and _lies_between(plane, present):
        return Greys("border", values, top)
    if len(present) <= _SOME or _is_flat(plane, present, counts):
        others = [value for value in values if value != _VOID]
        void = top == _VOID and len(others) > 1 and others[-1] < _MANY
        return Greys("void" if void else "labels", values, top)
    return Greys("greys", values, top)


def cut(plane: np.ndarray, top: int, threshold: float | None = None) -> np.ndarray:
    """Cut greys at half their highest value, or at `threshold` of it; return a mask uint8 `(H, W)` of 0 and 1."""
    return (plane > (0.5 if threshold is None else threshold) * top).astype(np.uint8)


def _is_smoothed(plane: np.ndarray, present: np.ndarray, scale: int) -> bool:
    """Return whether, apart from compression, there are only two values with a narrow outline between them."""
    top, noise, few = int(present[-1]), _NOISE * scale // 255, len(present) <= _SOME
    # Compression moves white as well as black; otherwise a few values are no noise: 1 beside 0 is a class.
    if few and top - present[-2] > noise:
        noise = 0
    dark, bright = plane <= noise, plane >= top - noise
    if not dark.any() or not bright.any():
        return False
    # A class of 1 beside 0 fills more than the ringing of a compression does.
    if np.count_nonzero(_areas(plane, 2e-4 if few else 0.005) <= noise) > 1:
        return False
    if np.any((_areas(plane) > noise) & (_areas(plane) < top - noise)):
        return False
    between = ~(dark | bright)
    reach = 8 + round(0.02 * max(plane.shape))  # JPEG works on blocks of 8 pixels
    near_dark, near_bright = _grown(dark, reach), _grown(bright, reach)
    if np.count_nonzero(between & ~(near_dark & near_bright)) > 0.01 * np.count_nonzero(between):
        return False
    # The lesion is nearly as large wherever it is cut.
    large, small = np.count_nonzero(plane > 0.25 * top), np.count_nonzero(plane > 0.75 * top)
    return small >= 0.6 * large


def _areas(plane: np.ndarray, share: float = 2e-4) -> np.ndarray:
    """Values that fill areas, not only outlines and noise: there are enough pixels with their like all around them."""
    block = np.ones((3, 3), np.uint8)
    flat = cv2.erode(plane, block) == cv2.dilate(plane, block)
    values, counts = np.unique(plane[flat], return_counts=True)
    return values[counts >= max(12, share * plane.size)].astype(np.int64)


def _grown(region: np.ndarray, reach: int) -> np.ndarray:
    # In steps three times as wide each: the kernel of a single dilation would take hours of a long and narrow mask.
    grown = region.copy()
    for lines in (grown, grown.T):
        done = 0
        while done < min(reach, len(lines)):
            step = min(2 * done + 1, reach - done)
            before = lines.copy()
            lines[step:] |= before[:-step]
            lines[:-step] |= before[step:]
            done += step
    return grown


def _lies_between(plane: np.ndarray, present: np.ndarray) -> bool:
    """Return whether the middle one of three values occurs only at the outline, between the two others."""
    low, middle, high = (plane == value for value in present)
    if present[1] < 0.2 * present[2] or present[1] > 0.9 * present[2] or present[1] in _areas(plane):
        return False
    beside = _grown(low, 2) & _grown(high, 2)
    return np.count_nonzero(middle & ~beside) <= 0.01 * np.count_nonzero(middle)


def _is_flat(plane: np.ndarray, present: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether nearly all pixels belong to some dozens of values that fill areas, such as numbers of instances."""
    areas = _areas(plane)
    if not 2 < len(areas) <= _MANY:
        return False
    return bool(counts[np.isin(present, areas)].sum() > 0.95 * plane.size)
