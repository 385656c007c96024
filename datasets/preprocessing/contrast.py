"""Local contrast."""

import cv2
import numpy as np

from keras_rau.datasets.preprocessing.arguments import check_image, check_number


def enhance_contrast(image: np.ndarray, clip: float = 2.0, tiles: int = 8) -> np.ndarray:
    """Equalise the lightness locally with limited contrast (CLAHE); colours keep their hue.

    Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV, 1994, on L of CIE Lab.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        clip: limit of the contrast, 0.1 to 40; larger is stronger.
        tiles: tiles per side, 1 to 32; each is equalised on its own and blended with its neighbours.

    Returns:
        uint8 RGB `(H, W, 3)`.

    Raises:
        TypeError: the image is not such an array.
        ValueError: a parameter is out of range.

    Example:
        >>> clearer = enhance_contrast(image, clip=2.0)
    """
    check_number("clip", clip, 0.1, 40)
    check_number("tiles", tiles, 1, 32, whole=True)
    lab = cv2.cvtColor(check_image(image), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
