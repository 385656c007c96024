"""Coarse dropout: rectangles of an image that show nothing."""

import cv2
import numpy as np

from keras_rau.datasets.augmentation.draws import Draws
from keras_rau.datasets.augmentation.policies import Policy


def drop_boxes(image: np.ndarray, policy: Policy, draws: Draws) -> np.ndarray:
    """Fill rectangles of a uint8 image `(H, W, 3)` with its mean colour, by chance.

    The mask keeps what they hide: the model must infer the lesion there from what surrounds it.
    """
    chance, number = draws["dropout"]
    if not policy.dropout_boxes or not policy.dropout_size or not chance < policy.dropout:
        return image
    frame = np.array(image.shape[:2])
    mean = np.rint(cv2.mean(image)[:3]).astype(np.uint8)
    image = image.copy()
    for box in draws["dropout_boxes"][: 1 + int(number * policy.dropout_boxes)]:
        # From a fifth of the largest side, since a speck would teach nothing.
        sides = np.maximum(1, np.rint((0.2 + 0.8 * box[:2]) * policy.dropout_size * frame)).astype(int)
        top, left = np.floor(box[2:] * (frame - sides + 1)).astype(int)
        image[top : top + sides[0], left : left + sides[1]] = mean
    return image
