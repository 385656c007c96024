"""Reading image and mask files of whatever kind."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from keras_rau.errors import DataError


def _open(path: Path | str) -> Image.Image:
    try:
        # Opened here, because Pillow leaves the file of a damaged image open.
        with Path(path).open("rb") as file:
            image = Image.open(file)
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist.") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is damaged or no image.") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error
    return _eight_bits(image, path)


def _eight_bits(image: Image.Image, path: Path | str) -> Image.Image:
    """Pillow would cut 16-bit grey values off at 255 instead of scaling them."""
    if image.mode == "F":
        raise DataError(f"{path} holds floating-point values; save it with 8 or 16 bits per channel.")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    return Image.fromarray((values / 257 if values.max() > 255 else values).round().astype(np.uint8))


def read_image(path: Path | str) -> np.ndarray:
    """Read an image as uint8 RGB `(H, W, 3)`, turned upright if its EXIF tag says so.

    16-bit grey values are scaled to 8 bits.

    Raises:
        DataError: the file is missing, truncated or no image.

    Example:
        >>> read_image("photo.jpg").shape
        (767, 1022, 3)
    """
    return np.asarray(ImageOps.exif_transpose(_open(path)).convert("RGB"))


def read_mask(path: Path | str) -> np.ndarray:
    """Read a mask as uint8 `(H, W)` of 0 and 1.

    1-bit, grey, palette and colour files with the values 0 and 255, 0 and 1, or only one of these, are masks.

    Raises:
        DataError: the file is missing, truncated, no image, or holds other values.
    """
    values = np.asarray(_open(path).convert("L"))
    present = np.flatnonzero(np.bincount(values.ravel(), minlength=256)).tolist()
    if not (set(present) <= {0, 255} or set(present) <= {0, 1}):
        raise DataError(
            f"{path} is no mask of two values: it holds {len(present)} grey values from {present[0]} to {present[-1]}. "
            "Save it as 0 and 255 without smoothing or JPEG compression."
        )
    return (values > 0).astype(np.uint8)


def image_size(path: Path | str) -> tuple[int, int]:
    """Height and width that `read_image` would give, from the header alone."""
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            return image.size if turned else image.size[::-1]
    except (OSError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as an image, it is damaged or of another kind: {error}") from error
