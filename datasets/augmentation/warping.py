"""Flip, turn, rotation, scale, shift, shear, change of aspect ratio and elastic distortion of image and mask in one pass."""

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import KNOTS, Draws, around, ratio
from keras_rau.datasets.augmentation.policies import Policy


def warp(image: np.ndarray, mask: np.ndarray, policy: Policy, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Move image and mask alike; what comes from outside the frame is mirrored.

    Both are resampled as channels of one array, so nothing can move them apart: bilinear, and a pixel of the mask is
    lesion where at least half of it is.

    Args:
        image: uint8 `(H, W, 3)`.
        mask: uint8 `(H, W, K)` of 0 and 255, a channel for each of K overlapping classes.
        policy: how far to go.
        draws: from `by_name`.

    Returns:
        uint8 image and mask as they came in.
    """
    moved, planes = _moved(image, cv2.split(mask), policy, draws)
    if moved is image:
        return image, mask
    return moved, np.stack([cv2.threshold(plane, 127, 255, cv2.THRESH_BINARY)[1] for plane in planes], axis=-1)


def warp_labels(image: np.ndarray, mask: np.ndarray, policy: Policy, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Move an image and a map of class numbers alike, as `warp`; a pixel is of the class that most of it has.

    Args:
        image: uint8 `(H, W, 3)`.
        mask: uint8 `(H, W, 1)` of class numbers.
        policy: how far to go.
        draws: from `by_name`.

    Returns:
        uint8 image and mask as they came in.
    """
    # Each class has a plane of its own, because between 0 and 2 lies no 1. Of equals the higher number counts.
    numbers = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))[::-1].astype(np.uint8)
    moved, planes = _moved(image, [(mask[..., 0] == number) * np.uint8(255) for number in numbers], policy, draws)
    if moved is image:
        return image, mask
    return moved, numbers[np.argmax(planes, axis=0)][..., None]


def _moved(
    image: np.ndarray, planes: Sequence[np.ndarray], policy: Policy, draws: Draws
) -> tuple[np.ndarray, Sequence[np.ndarray]]:
    """Image and planes `(H, W)`, moved alike; the very same image where nothing moves."""
    height, width = image.shape[:2]
    matrix = _matrix(policy, draws, height, width)
    if not policy.elastic and np.array_equal(matrix, np.eye(2, 3)):
        return image, planes
    x, y = _places(matrix, _displacement(policy, draws, height, width)) if policy.elastic else (None, None)
    channels, moved = [*cv2.split(image), *planes], []
    # OpenCV moves four channels at once at most, and rounds places in another way for another number of channels.
    channels += [channels[-1]] * (-len(channels) % 4)
    for start in range(0, len(channels), 4):
        some = cv2.merge(channels[start : start + 4])
        if policy.elastic:
            some = cv2.remap(some, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        else:
            # The matrix already leads from the result to the source.
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            some = cv2.warpAffine(some, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        moved += cv2.split(some)
    return cv2.merge(moved[:3]), moved[3 : 3 + len(planes)]


def _matrix(policy: Policy, draws: Draws, height: int, width: int) -> np.ndarray:
    """2 × 3 matrix that leads from a place in the result to its source, about the centre of the frame."""
    turn = math.radians(around(draws["rotation"], policy.rotation))
    cos, sin = math.cos(turn), math.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]])
    if policy.shear:
        linear = linear @ [[1, math.tan(math.radians(around(draws["shear"], policy.shear)))], [0, 1]]
    linear *= ratio(draws["scale"], policy.scale)
    if policy.dihedral:
        # A quarter turn of a frame that is not square would lose its ends.
        quarters = int(4 * draws["turns"]) if height == width else 2 * int(2 * draws["turns"])
        linear = linear @ np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarters)
        linear = linear @ np.diag([-1 if draws["flip"] < 0.5 else 1, 1])
    if policy.aspect:
        # Along the sides of the result, as where a wide picture is squashed into the frame.
        aspect = math.sqrt(ratio(draws["aspect"], policy.aspect))
        linear = linear @ np.diag([aspect, 1 / aspect])
    centre = np.array([width - 1, height - 1]) / 2
    offset = centre - linear @ centre + around(draws["shift"], policy.shift) * [width, height]
    return np.column_stack([linear, offset])


def _displacement(policy: Policy, draws: Draws, height: int, width: int) -> np.ndarray:
    """Smooth field `(2, H, W)` in pixels: a cubic B-spline never goes beyond its knots, so the reach is kept."""
    knots = around(draws["elastic"], policy.elastic * min(height, width)).astype(np.float32)
    field = np.empty((2, height, width), np.float32)
    # One plain product each: a product of stacks is many times slower.
    for part, values in zip(field, knots, strict=True):
        np.matmul(_spline(height), values @ np.ascontiguousarray(_spline(width).T), out=part)
    return field


@lru_cache(maxsize=16)
def _spline(length: int) -> np.ndarray:
    """Weights `(length, KNOTS)` of a uniform cubic B-spline."""
    place = (np.arange(length) + 0.5) / length * (KNOTS - 3)
    distance = np.abs(place[:, None] - np.arange(-1, KNOTS - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)


def _places(matrix: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """Source of every pixel, x then y, float32 `(2, H, W)`."""
    matrix = matrix.astype(np.float32)
    height, width = displacement.shape[1:]
    across = matrix[:, 0, None] * np.arange(width, dtype=np.float32)
    down = matrix[:, 1, None] * np.arange(height, dtype=np.float32) + matrix[:, 2, None]
    displacement += across[:, None, :]
    displacement += down[:, :, None]
    return displacement
