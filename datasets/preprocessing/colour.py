"""Colour constancy and contrast of an image."""

import cv2
import numpy as np

from keras_rau.datasets.preprocessing.arguments import check_image, check_number


def shades_of_grey(image: np.ndarray, power: float = 6.0) -> np.ndarray:
    """Divide out the colour of the light, estimated by the Minkowski mean of each channel.

    The light is taken to be `mean(channel ** power) ** (1 / power)`; the channels are scaled so that it becomes grey of
    the same length. Finlayson and Trezzi, "Shades of Gray and Colour Constancy", CIC 2004, who recommend a power of 6;
    for dermoscopy Barata et al., "Improving Dermoscopy Image Classification Using Color Constancy", JBHI 2015.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        power: Minkowski norm, 1 to 50; 1 is grey world, large values approach white patch (the brightest value).

    Returns:
        uint8 RGB `(H, W, 3)`; values above 255 are cut off. An image that lacks a channel altogether is returned as it is.

    Raises:
        TypeError: the image is not such an array.
        ValueError: the power is out of range.

    Example:
        >>> neutral = shades_of_grey(image, power=6)
    """
    check_number("power", power, 1, 50)
    image = check_image(image)
    levels = np.arange(256) / 255
    counts = np.stack([np.bincount(channel, minlength=256) for channel in image.reshape(-1, 3).T])
    light = (counts @ levels**power / counts[0].sum()) ** (1 / power)
    if not light.all():
        return image.copy()
    gain = np.sqrt((light**2).mean()) / light
    table = np.clip(np.rint(np.arange(256)[:, None] * gain), 0, 255).astype(np.uint8)
    return cv2.LUT(image, table[None])


def grey_world(image: np.ndarray) -> np.ndarray:
    """Scale the channels so that their means are equal: `shades_of_grey` with a power of 1.

    Buchsbaum, "A spatial processor model for object colour perception", Journal of the Franklin Institute 1980.

    Args:
        image: uint8 RGB `(H, W, 3)`.

    Returns:
        uint8 RGB `(H, W, 3)`.

    Example:
        >>> neutral = grey_world(image)
    """
    return shades_of_grey(image, power=1.0)


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
