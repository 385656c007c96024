"""Blur, sharpening, noise and JPEG compression: what cameras and storage do to an image."""

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws
from keras_rau.datasets.augmentation.policies import Policy


def degrade(image: np.ndarray, policy: Policy, draws: Draws, noise: np.ndarray) -> np.ndarray:
    """Apply each of the four by chance, in the order in which a camera would.

    Args:
        image: uint8 `(H, W, 3)`.
        policy: how far to go.
        draws: from `by_name`.
        noise: float32 `(H, W, 3)` of unit variance, or empty where none is to be added.

    Returns:
        uint8 `(H, W, 3)`.
    """
    chance, strength = draws["blur"]
    if policy.blur and chance < policy.degradation:
        image = _blurred(image, strength * policy.blur * min(image.shape[:2]))
    chance, strength = draws["sharpen"]
    if policy.sharpen and chance < policy.degradation:
        amount = float(strength * policy.sharpen)
        image = cv2.addWeighted(image, 1 + amount, _blurred(image, 1.0), -amount, 0)
    if noise.size:
        strength = draws["noise"][1] * policy.noise
        image = cv2.add(image, noise * np.float32(strength), dtype=cv2.CV_8U)
    chance, strength = draws["jpeg"]
    if policy.jpeg and chance < policy.degradation:
        image = _compressed(image, 100 - round(strength * policy.jpeg))
    return image


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    # Below a tenth of a pixel nothing would change, and OpenCV refuses 0.
    return cv2.GaussianBlur(image, (0, 0), float(sigma)) if sigma > 0.1 else image


def _compressed(image: np.ndarray, quality: int) -> np.ndarray:
    # OpenCV's order is blue, green, red, and JPEG treats blue and red unlike.
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
