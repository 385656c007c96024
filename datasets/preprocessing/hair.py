"""Dark hair: finding it and painting over it."""

import math

import cv2
import numpy as np

from keras_rau.datasets.preprocessing.arguments import check_image, check_number

METHODS = {"navier_stokes": cv2.INPAINT_NS, "telea": cv2.INPAINT_TELEA}
_DIRECTIONS = 12


def remove_hair(
    image: np.ndarray,
    kernel: float = 0.035,
    threshold: float = 20.0,
    length: float = 0.08,
    radius: int = 3,
    method: str = "navier_stokes",
) -> np.ndarray:
    """Paint over dark hair with the colours around it.

    After DullRazor (Lee et al., Computers in Biology and Medicine 1997): `find_hair`, then OpenCV's inpainting (Bertalmio
    et al., CVPR 2001, or Telea, Journal of Graphics Tools 2004). The defaults did best on drawn hair
    (`benchmarks/hair_removal.py`). Light hair stays; rulers, and thin dark lines in lesions, may go.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        kernel: see `find_hair`.
        threshold: see `find_hair`.
        length: see `find_hair`.
        radius: how far around a pixel of hair colours are taken from, 1 to 20 pixels.
        method: `"navier_stokes"` or `"telea"`.

    Returns:
        uint8 RGB `(H, W, 3)`; pixels that are not hair keep their exact values.

    Raises:
        TypeError: the image is not such an array.
        ValueError: a parameter is out of range.

    Example:
        >>> clean = remove_hair(image, threshold=16)
    """
    check_number("radius", radius, 1, 20, whole=True)
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}. Received: method={method!r}")
    hair = find_hair(image, kernel, threshold, length)
    return cv2.inpaint(check_image(image), hair, radius, METHODS[method])


def find_hair(image: np.ndarray, kernel: float = 0.035, threshold: float = 20.0, length: float = 0.08) -> np.ndarray:
    """Mask of dark hair: thin dark lines that run straight for a while.

    The black-hat transform (closing minus image) of the lightness is large where something dark is narrower than the
    kernel. Openings of it with straight lines in 12 directions keep what is also long, so that dots, pores and the
    meshes of a pigment network drop out. Parts that are too short in all are dropped last.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        kernel: wider than the widest hair, as a share of the shorter side, 0.005 to 0.2.
        threshold: how much darker than its surroundings hair is, 1 to 255 grey levels.
        length: of the shortest hair, as a share of the shorter side, 0.01 to 1.

    Returns:
        uint8 `(H, W)` of 0 and 1; a pixel wider than the lines, since their edges are mixed with skin.

    Raises:
        TypeError: the image is not such an array.
        ValueError: a parameter is out of range.

    Example:
        >>> share = find_hair(image).mean()
    """
    check_number("kernel", kernel, 0.005, 0.2)
    check_number("threshold", threshold, 1, 255)
    check_number("length", length, 0.01, 1)
    grey = cv2.cvtColor(check_image(image), cv2.COLOR_RGB2GRAY)
    side = min(grey.shape)
    width = max(3, 2 * math.floor(kernel * side / 2) + 1)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    straight = np.zeros_like(dark)
    for line in _lines(max(3, round(length * side / 2))):
        np.maximum(straight, cv2.morphologyEx(dark, cv2.MORPH_OPEN, line), out=straight)
    found = _long_parts((straight >= threshold).astype(np.uint8), length * side)
    return cv2.dilate(found, np.ones((3, 3), np.uint8))


def _lines(length: int) -> list[np.ndarray]:
    """Kernels of lines in all directions."""
    size = length | 1
    kernels, middle = [], size // 2
    for number in range(_DIRECTIONS):
        angle = math.pi * number / _DIRECTIONS
        reach = np.array([math.cos(angle), math.sin(angle)]) * middle
        kernel = np.zeros((size, size), np.uint8)
        ends = [tuple(round(middle + sign * part) for part in reach) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1)
        kernels.append(kernel)
    return kernels


def _long_parts(mask: np.ndarray, length: float) -> np.ndarray:
    """Connected parts whose bounding box has at least this diagonal."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) >= length
    keep[0] = False
    return keep.astype(np.uint8)[labels]
