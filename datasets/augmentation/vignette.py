"""Dark corners, as of a round lens."""

import math

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws, around, ratio
from keras_rau.datasets.augmentation.policies import Policy

# From a stop that is sharp and black to a lens that dims slowly; shares of the shorter side, and of the light.
_SOFTNESS = 0.02, 0.25
_LIGHT = 0.03, 0.5


def darken_corners(image: np.ndarray, policy: Policy, draws: Draws) -> np.ndarray:
    """Darken a uint8 image `(H, W, 3)` outside a circle, by chance; the mask keeps what lies there.

    The circle is squashed as much as the picture is: see `aspect` of the policy.
    """
    chance, size, *place = draws["vignette"]
    if not chance < policy.vignette:
        return image
    height, width = image.shape[:2]
    # From half a side, which touches the frame, to half a diagonal, which leaves the corners alone.
    radius = max(height, width) / 2 + size * (math.hypot(height, width) - max(height, width)) / 2
    right, down = around(np.array(place), 0.05) * [width, height]
    aspect = math.sqrt(ratio(draws["aspect"], policy.aspect))
    x = (np.arange(width, dtype=np.float32) - ((width - 1) / 2 + right)) * aspect
    y = (np.arange(height, dtype=np.float32) - ((height - 1) / 2 + down)) / aspect
    distance = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2)
    soft, dark = draws["vignette_look"]
    softness = np.interp(soft, (0, 1), _SOFTNESS) * min(height, width)
    light = np.clip(1 + (radius - distance) / softness, np.interp(dark, (0, 1), _LIGHT), 1).astype(np.float32)
    return cv2.multiply(image, cv2.merge([light] * 3), dtype=cv2.CV_8U)
