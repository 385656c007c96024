"""Dark corners, as of a round lens."""

import math

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws, around
from keras_rau.datasets.augmentation.policies import Policy


def darken_corners(image: np.ndarray, policy: Policy, draws: Draws) -> np.ndarray:
    """Darken a uint8 image `(H, W, 3)` outside a circle with a soft edge, by chance; the mask keeps what lies there."""
    chance, size, *place = draws["vignette"]
    if not chance < policy.vignette:
        return image
    height, width = image.shape[:2]
    # From half a side, which touches the frame, to half a diagonal, which leaves the corners alone.
    radius = max(height, width) / 2 + size * (math.hypot(height, width) - max(height, width)) / 2
    right, down = around(np.array(place), 0.05) * [width, height]
    x = np.arange(width, dtype=np.float32) - ((width - 1) / 2 + right)
    y = np.arange(height, dtype=np.float32) - ((height - 1) / 2 + down)
    distance = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2)
    softness = 0.03 * min(height, width)
    light = np.clip(0.5 + (radius - distance) / softness, 0.03, 1).astype(np.float32)
    return cv2.multiply(image, cv2.merge([light] * 3), dtype=cv2.CV_8U)
