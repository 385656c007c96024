"""Reading image and mask files of whatever kind."""

from pathlib import Path

import numpy as np

from keras_rau.datasets.reading.colours import Note, rgb
from keras_rau.datasets.reading.content import FileProblem, enough_memory
from keras_rau.datasets.reading.depth import check_bit_depth
from keras_rau.datasets.reading.opening import Opened, header, open_file
from keras_rau.datasets.reading.two_values import two_values


def read_image(path: Path | str, *, bit_depth: int | None = None, note: Note | None = None) -> np.ndarray:
    """Read an image as uint8 RGB `(H, W, 3)`, turned upright if its EXIF tag says so.

    The content decides, not the suffix: JPEG, PNG, BMP, TIFF, GIF, WebP and JPEG 2000 are read, nothing else. 16-bit values
    are scaled to 8 bits, transparent pixels show white, colour profiles are not applied, and of several pictures in one file
    the first is read. At most 100 million pixels are decoded, or as many as the environment variable KERAS_RAU_MAX_PIXELS
    says.

    Args:
        path: image file.
        bit_depth: how many bits the values of a file of 16 bits use, from 8 to 16, such as 12. If `None`: what TIFF's
            MaxSampleValue or JPEG 2000 says; else the fewest of 8, 10, 12, 14 and 16 bits that hold all values but those of
            stray pixels, which `check` and `pipeline` warn of.
        note: called with the path and the number of bits where that was guessed so.

    Raises:
        DataError: the file is missing, truncated, too large, no regular file or no such image, or needs more bits than
            `bit_depth`.
        UsageError: `bit_depth` is not such a number.

    Example:
        >>> read_image("photo.jpg").shape
        (767, 1022, 3)
    """
    check_bit_depth(bit_depth)
    return upright_image(open_file(path), bit_depth, note)


def read_mask(path: Path | str) -> np.ndarray:
    """Read a mask as uint8 `(H, W)` of 0 and 1, turned upright if its own EXIF tag says so.

    Any two grey values or colours are a mask if one of them is 0 (black); a single value is if it is 0, 1 or white. Where
    all pixels have one colour, the mask may be in the transparency. Class numbers, void borders and smoothed outlines are
    refused, each with what to do.

    Raises:
        DataError: the file is missing, truncated, too large, no image, or holds other values.

    Example:
        >>> read_mask("photo_mask.png").mean()
        0.23
    """
    opened = open_file(path)
    return upright_values(opened, two_values(opened))


def read_pair(
    image: Path | str, mask: Path | str, *, bit_depth: int | None = None, note: Note | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read an image and its mask, both upright.

    A mask follows the grid its size matches: drawn on the upright image, it is taken as it is; drawn on the pixels as they
    are stored, it is turned like the image. Where both are possible, it is taken as it is, and `check` lists the case.

    Args:
        image: image file.
        mask: mask file.
        bit_depth: of the image, see `read_image`.
        note: see `read_image`.

    Returns:
        Image uint8 RGB `(H, W, 3)` and mask uint8 `(H, W)` of 0 and 1.

    Raises:
        DataError: a file is missing, truncated, no image or no mask, or the sizes differ.
        UsageError: `bit_depth` is not such a number.

    Example:
        >>> image, mask = read_pair("photo.jpg", "photo_mask.png")
    """
    check_bit_depth(bit_depth)
    opened, opened_mask = open_file(image), open_file(mask)
    pixels = upright_image(opened, bit_depth, note)
    return pixels, place_mask(opened, opened_mask, two_values(opened_mask))[0]


def image_size(path: Path | str) -> tuple[int, int]:
    """Height and width that `read_image` would give, from the header alone.

    Raises:
        DataError: the file is missing, no image, or has too many pixels.
    """
    return header(path).size


def upright_image(opened: Opened, bit_depth: int | None = None, note: Note | None = None) -> np.ndarray:
    """Pixels of an opened image, upright; arguments as of `read_image`."""
    with enough_memory(opened.path):
        return _turn(rgb(opened, bit_depth, note), 1 if opened.turned else opened.orientation)


def upright_values(opened: Opened, values: np.ndarray) -> np.ndarray:
    """Turn what was read of a mask upright by the mask's own tag."""
    return _turn(values, 1 if opened.turned else opened.orientation)


def place_mask(image: Opened, mask: Opened, values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Bring a mask to the upright grid of its image.

    Args:
        image: the opened image.
        mask: the opened mask.
        values: its `two_values`.

    Returns:
        The mask, and whether another turn would fit as well and give another mask.

    Raises:
        FileProblem: no turn fits.
    """
    size = _upright_size(image)
    own = 1 if mask.turned else mask.orientation
    candidates = [values] if own == 1 else [_turn(values, own), values]
    # A mask that carries the same tag as its image was turned with it: nothing else is to be considered.
    agreed = mask.orientation == image.orientation
    if not agreed and (mask.orientation == 1 or not mask.turned):
        candidates.append(_turn(values, image.orientation))
    fitting = [candidate for candidate in candidates if candidate.shape == size]
    if not fitting:
        found = candidates[0].shape
        raise FileProblem(
            "size_differs",
            f"{mask.path} is {found[1]}×{found[0]} pixels, its image {image.path} {size[1]}×{size[0]}. "
            "Repair or remove these files.",
        )
    ambiguous = not agreed and any(not np.array_equal(fitting[0], other) for other in fitting[1:])
    return fitting[0], ambiguous


def _upright_size(opened: Opened) -> tuple[int, int]:
    width, height = opened.image.size
    return (width, height) if opened.orientation >= 5 and not opened.turned else (height, width)


def _turn(values: np.ndarray, orientation: int) -> np.ndarray:
    """Turn pixels as stored to upright, by their EXIF orientation."""
    if orientation >= 5:
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values if orientation == 1 else np.ascontiguousarray(values)
