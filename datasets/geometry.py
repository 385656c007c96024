"""The one geometry in which models see images: the same in training, evaluation and prediction."""

from typing import Any

import cv2
import numpy as np

from keras_rau.errors import UsageError

Size = tuple[int, int]
RESIZES = ("letterbox", "squash")


def _box(original: Size, size: Size, resize: str) -> tuple[int, int, int, int]:
    """Top, left, height and width of the picture inside the model's frame."""
    if resize == "squash":
        return 0, 0, *size
    if resize != "letterbox":
        raise ValueError(f"`resize` must be 'letterbox' or 'squash'. Received: resize={resize!r}")
    scale = min(size[0] / original[0], size[1] / original[1])
    height, width = (max(1, min(side, round(length * scale))) for side, length in zip(size, original, strict=True))
    return (size[0] - height) // 2, (size[1] - width) // 2, height, width


def _fit(values: np.ndarray, size: Size, resize: str) -> np.ndarray:
    top, left, height, width = _box(values.shape[:2], size, resize)
    if values.shape[:2] != (height, width):
        shrinks = height * width < values.shape[0] * values.shape[1]
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    bottom, right = size[0] - height - top, size[1] - width - left
    if not (top or left or bottom or right):
        return values
    return cv2.copyMakeBorder(values, top, bottom, left, right, cv2.BORDER_REPLICATE)


def fit_image(image: np.ndarray, size: Size, resize: str = "letterbox") -> np.ndarray:
    """Bring an image to the model's size.

    Args:
        image: uint8 `(H, W, 3)`.
        size: height and width of the result.
        resize: `"letterbox"` keeps the aspect ratio and repeats the border pixels on the free sides; `"squash"` does not.

    Returns:
        uint8 `(height, width, 3)`; averaged over areas where it shrinks, bilinear where it grows.

    Example:
        >>> fit_image(np.zeros((600, 450, 3), np.uint8), (256, 256)).shape
        (256, 256, 3)
    """
    return _fit(np.ascontiguousarray(image), size, resize)


def check_zero_one(mask: np.ndarray, otherwise: str) -> None:
    """Refuse a mask that holds anything but 0 and 1; `otherwise` says what else there is to use.

    Raises:
        ValueError: so it is.
    """
    mask = np.asarray(mask)
    if mask.dtype == bool or not mask.size:
        return
    # Of bytes the largest value says it all.
    sound = mask.max() <= 1 if mask.dtype == np.uint8 else bool(((mask == 0) | (mask == 1)).all())
    if not sound:
        found = ", ".join(f"{value:g}" for value in np.unique(mask)[:8])
        raise ValueError(f"A mask holds 0 and 1 (divide one of 255 by 255); {otherwise}. Received: the values {found}")


def fit_mask(mask: np.ndarray, size: Size, resize: str = "letterbox") -> np.ndarray:
    """Bring a mask of 0 and 1 to the model's size, as `fit_image` does; it stays 0 and 1 (a pixel is lesion by majority).

    Raises:
        ValueError: it holds other values.
    """
    check_zero_one(mask, "`fit_labels` resizes class numbers")
    # Bytes are resized faster than floats; half of 254 is a whole number, so that a tie is lesion.
    shares = _fit(np.asarray(mask, np.uint8) * np.uint8(254), size, resize)
    return cv2.threshold(shares, 126, 1, cv2.THRESH_BINARY)[1]


def fit_labels(labels: np.ndarray, size: Size, resize: str = "letterbox") -> np.ndarray:
    """Bring a map of class numbers to the model's size, as `fit_image` does.

    Args:
        labels: uint8 `(H, W)`.
        size: height and width of the result.
        resize: see `fit_image`.

    Returns:
        uint8 `(height, width)`: the class that covers most of each pixel, of equals the higher one. Classes are never mixed.

    Example:
        >>> fit_labels(np.array([[0, 0, 2, 2]], np.uint8), (1, 2), "squash")
        array([[0, 2]], dtype=uint8)
    """
    numbers = np.flatnonzero(np.bincount(labels.ravel(), minlength=256))[::-1].astype(np.uint8)
    shares = [_fit((labels == number).astype(np.uint8) * np.uint8(254), size, resize) for number in numbers]
    return numbers[np.argmax(shares, axis=0)]


def restore(probability: np.ndarray, original: Size, resize: str = "letterbox") -> np.ndarray:
    """Bring a map the model gave back to the size of the image: the inverse of `fit_image`.

    Args:
        probability: float32 `(height, width)` at the model's size.
        original: height and width of the image.
        resize: as given to `fit_image`.

    Returns:
        float32 of size `original`, bilinear.
    """
    top, left, height, width = _box(original, probability.shape[:2], resize)
    inner = np.ascontiguousarray(probability[top : top + height, left : left + width], np.float32)
    return resize_map(inner, original)


def resize_map(probability: np.ndarray, size: Size) -> np.ndarray:
    """Resize a float32 map bilinearly (half-pixel centres) to `size`."""
    if probability.shape[:2] == tuple(size):
        return probability
    return cv2.resize(probability, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


def as_size(value: Any) -> Size:
    """`(height, width)` of one number or two."""
    sides = (value, value) if isinstance(value, int) else tuple(value)
    if len(sides) != 2 or any(not isinstance(side, int) or side < 1 for side in sides):
        raise UsageError(f"`image_size` must be one positive whole number or two. Received: image_size={value!r}")
    return sides
