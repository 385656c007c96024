"""What the steps ask of images and parameters."""

from typing import Any

import numpy as np


def check_image(image: Any) -> np.ndarray:
    """The image as a contiguous array.

    Raises:
        TypeError: it is not a uint8 `(H, W, 3)` array with at least one pixel.
    """
    values = np.asarray(image)
    if values.dtype != np.uint8 or values.ndim != 3 or values.shape[2] != 3 or 0 in values.shape:
        raise TypeError(
            f"`image` must be a uint8 array (height, width, 3). Received: {values.dtype} of shape {values.shape}"
        )
    return np.ascontiguousarray(values)


def check_number(name: str, value: Any, low: float, high: float, whole: bool = False) -> None:
    """A parameter must be a number, a whole one if `whole`, from `low` to `high`.

    Raises:
        ValueError: it is not.
    """
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"`{name}` must be {kind} from {low} to {high}. Received: {name}={value!r}")
