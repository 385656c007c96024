"""Hairs drawn over an image."""

import math

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws, around
from keras_rau.datasets.augmentation.policies import Policy

_POINTS = 16
_SUBPIXEL = 4


def draw_hairs(image: np.ndarray, policy: Policy, draws: Draws) -> np.ndarray:
    """Draw dark, thin, bent lines over a uint8 image `(H, W, 3)`, by chance; all of one person's colour."""
    chance, number = draws["hair"]
    if not policy.hairs or not chance < policy.hair:
        return image
    shapes = draws["hair_shapes"][: 1 + int(number * policy.hairs)].astype(np.float64)
    opacity = _opacity(image.shape[:2], shapes)
    return _blended(image, opacity, _colour(draws["hair_colour"]))


def _opacity(frame: tuple[int, int], shapes: np.ndarray) -> np.ndarray:
    """uint8 `(H, W)`: how much of each pixel the hairs cover."""
    height, width = frame
    side = min(frame)
    x, y, direction, length, bend, thickness, strength = shapes.T
    along = np.linspace(-0.5, 0.5, _POINTS)
    heading = 2 * math.pi * direction[:, None] + around(bend, math.radians(80))[:, None] * along
    step = ((0.25 + 0.75 * length) * side / (_POINTS - 1))[:, None]
    # The middle of a hair lies in the frame, so every hair shows.
    right, down = np.cumsum(step * np.cos(heading), axis=1), np.cumsum(step * np.sin(heading), axis=1)
    middle = _POINTS // 2
    places = np.stack(
        [
            right - right[:, middle : middle + 1] + (x * width)[:, None],
            down - down[:, middle : middle + 1] + (y * height)[:, None],
        ],
        axis=-1,
    )
    opacity = np.zeros(frame, np.uint8)
    for line, wide, strong in zip(places, (0.4 + 1.4 * thickness) * side / 256, 0.6 + 0.4 * strength, strict=True):
        # Lines are at least one pixel wide; a thinner hair covers less of it.
        cover = round(255 * strong * min(1.0, max(0.25, wide)))
        points = np.rint(line * 2**_SUBPIXEL).astype(np.int32)
        cv2.polylines(opacity, [points], False, cover, max(1, round(wide)), cv2.LINE_AA, _SUBPIXEL)
    return opacity


def _colour(draws: np.ndarray) -> np.ndarray:
    """Black to dark brown."""
    darkness, warmth = draws
    return np.float32(15 + 45 * darkness) * np.float32([1 + 0.5 * warmth, 1, 1 - 0.3 * warmth])


def _blended(image: np.ndarray, opacity: np.ndarray, colour: np.ndarray) -> np.ndarray:
    covered = opacity > 0
    share = opacity[covered][:, None] / np.float32(255)
    image = image.copy()
    image[covered] = np.rint(image[covered] + share * (colour - image[covered])).astype(np.uint8)
    return image
