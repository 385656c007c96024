"""Brightness, contrast, saturation, hue, tint and gamma."""

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws, around, ratio
from keras_rau.datasets.augmentation.policies import Policy


def recolour(image: np.ndarray, policy: Policy, draws: Draws) -> np.ndarray:
    """Change the colours of a uint8 image `(H, W, 3)`; all linear changes are one matrix, so they round once."""
    if policy.brightness or policy.contrast or policy.saturation or policy.hue or policy.tint:
        image = cv2.transform(image, _matrix(policy, draws, np.array(cv2.mean(image)[:3])))
    if policy.gamma:
        levels = np.arange(256) / 255
        curve = np.rint(255 * levels ** ratio(draws["gamma"], policy.gamma)).astype(np.uint8)
        image = cv2.LUT(image, curve)
    return image


def _matrix(policy: Policy, draws: Draws, mean: np.ndarray) -> np.ndarray:
    """3 × 4 matrix over (red, green, blue, 1)."""
    gain = (1 + around(draws["brightness"], policy.brightness)) * (1 + around(draws["tint"], policy.tint))
    contrast = 1 + around(draws["contrast"], policy.contrast)
    # Contrast keeps the mean colour, which brightness and tint have moved.
    linear, offset = np.diag(gain * contrast), mean * gain * (1 - contrast)
    colours = _hue(np.radians(around(draws["hue"], policy.hue))) @ _saturation(
        1 + around(draws["saturation"], policy.saturation)
    )
    return np.column_stack([colours @ linear, colours @ offset])


def _saturation(factor: float) -> np.ndarray:
    return np.full((3, 3), (1 - factor) / 3) + factor * np.eye(3)


def _hue(angle: float) -> np.ndarray:
    """Rotation about the grey axis."""
    cos, sin = np.cos(angle), np.sin(angle)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    return cos * np.eye(3) + sin * across + (1 - cos) / 3
