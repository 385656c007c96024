"""Regions within the lesion of a phantom: globules and a veil, the further classes of label images."""

import cv2
import numpy as np

_GLOBULES = np.float32([30, 18, 20])
_VEIL = np.float32([150, 160, 190])


def draw_regions(
    rng: np.random.Generator, image: np.ndarray, mask: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw dark globules, and with four classes a bluish veil, into a lesion.

    Args:
        rng: source of the random numbers.
        image: float32 RGB `(H, W, 3)`.
        mask: uint8 `(H, W)` of 0 and 1.
        classes: 3 or 4.

    Returns:
        The image, and uint8 `(H, W)` of class numbers: 0 background, 1 lesion, 2 globules, 3 veil.
    """
    labels = mask.copy()
    rows, columns = np.nonzero(mask)
    radius = max(2.0, float(np.sqrt(len(rows) / np.pi)))
    if classes > 3 and rng.random() < 0.7:
        image = _paint(
            image, labels, _blobs(rng, rows, columns, mask.shape, 1, radius * rng.uniform(0.3, 0.5)), 3, _VEIL
        )
    number = int(rng.integers(2, 7))
    globules = _blobs(rng, rows, columns, mask.shape, number, radius * rng.uniform(0.15, 0.3))
    return _paint(image, labels, globules, 2, _GLOBULES), labels


def _blobs(
    rng: np.random.Generator, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int], number: int, radius: float
) -> np.ndarray:
    """Discs about random pixels of the lesion."""
    drawn = np.zeros(shape, np.uint8)
    for place in rng.integers(0, len(rows), number):
        cv2.circle(drawn, (int(columns[place]), int(rows[place])), max(1, round(radius * rng.uniform(0.7, 1.3))), 1, -1)
    return drawn


def _paint(image: np.ndarray, labels: np.ndarray, region: np.ndarray, number: int, colour: np.ndarray) -> np.ndarray:
    inside = region * (labels > 0).astype(np.uint8)
    labels[inside > 0] = number
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), max(0.6, len(labels) / 256))
    return image + (0.8 * alpha)[..., None] * (colour - image)
