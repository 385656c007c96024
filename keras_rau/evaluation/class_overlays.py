"""Outlines of several classes drawn over images."""

import cv2
import numpy as np

from keras_rau.datasets.classes.description import IGNORED
from keras_rau.evaluation.overlays import overlay
from keras_rau.outputs import Outputs

# Told apart with any colour vision; the first is that of a single predicted class.
COLOURS = ((255, 214, 0), (86, 180, 233), (213, 94, 0), (204, 121, 167), (0, 158, 115), (240, 240, 240), (0, 114, 178))
_TRUTH_RIM, _PREDICTION_RIM = (255, 255, 255), (0, 0, 0)


def class_colour(number: int) -> tuple[int, int, int]:
    """Return the colour of a class, counted from 0 without the background."""
    return COLOURS[number % len(COLOURS)]


def class_overlay(
    image: np.ndarray,
    truth: np.ndarray | None = None,
    prediction: np.ndarray | None = None,
    outputs: Outputs | None = None,
) -> np.ndarray:
    """Draw the outlines of true and predicted masks over an image, each class in its colour.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        truth: as `read_sample` gives it, or `None`; its lines have white rims.
        prediction: as `Outputs.decide` gives it, or `None`; its lines have black rims.
        outputs: the classes; of one lesion class, or `None`, this is `overlay`.

    Returns:
        uint8 RGB `(H, W, 3)`.

    Example:
        >>> class_overlay(image, truth, predictor.predict(image), predictor.outputs)
    """
    if outputs is None or outputs.kind == "lesion":
        return overlay(image, None if truth is None else truth == 1, prediction)
    drawn = np.ascontiguousarray(image).copy()
    width = max(1, round(min(image.shape[:2]) / 150))
    for mask, rim in ((truth, _TRUTH_RIM), (prediction, _PREDICTION_RIM)):
        if mask is None:
            continue
        mask = mask if outputs.kind == "overlapping" else np.where(mask == IGNORED, 0, mask)
        for number, one in enumerate(outputs.class_masks(mask).values()):
            lines, _ = cv2.findContours(np.ascontiguousarray(one, np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(drawn, lines, -1, rim, width + 2, cv2.LINE_AA)
            cv2.drawContours(drawn, lines, -1, class_colour(number), width, cv2.LINE_AA)
    return drawn


def class_legend(outputs: Outputs) -> list[tuple[tuple[int, int, int], str]]:
    """Return colours and words for the legend of a panel."""
    words = [(class_colour(number), name) for number, name in enumerate(outputs.foreground)]
    return [*words, (_TRUTH_RIM, "rim of truth"), (_PREDICTION_RIM, "rim of prediction")]
