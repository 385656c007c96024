"""Outlines of masks drawn over images, of one lesion and of several classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from keras_rau.datasets.classes.description import IGNORED
from keras_rau.outputs import Outputs

# Told apart with any colour vision, on light and on dark skin.
TRUTH, PREDICTION = (0, 230, 118), (255, 214, 0)
# Of classes; the first is that of a single predicted class.
COLOURS = ((255, 214, 0), (86, 180, 233), (213, 94, 0), (204, 121, 167), (0, 158, 115), (240, 240, 240), (0, 114, 178))
_TRUTH_RIM, _PREDICTION_RIM = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Tile:
    """One image of a panel; `outputs` are its classes, `None` for one lesion class."""

    id: str
    image: np.ndarray
    truth: np.ndarray | None
    prediction: np.ndarray
    dice: float | None
    outputs: Outputs | None = None


def overlay(
    image: np.ndarray,
    truth: np.ndarray | None = None,
    prediction: np.ndarray | None = None,
    *,
    colour: tuple[int, int, int] = PREDICTION,
) -> np.ndarray:
    """Draw the outlines of the true mask (green) and of the predicted one (yellow) over an image.

    Args:
        image: uint8 RGB `(H, W, 3)`.
        truth: `(H, W)` of 0 and 1, or `None`.
        prediction: the same.
        colour: of the outline of the predicted mask.

    Returns:
        uint8 RGB `(H, W, 3)`.
    """
    drawn = np.ascontiguousarray(image).copy()
    width = max(1, round(min(image.shape[:2]) / 150))
    for mask, line in ((truth, TRUTH), (prediction, colour)):
        if mask is None:
            continue
        contours, _ = cv2.findContours(np.ascontiguousarray(mask, np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        # A dark rim keeps the line visible where the skin has its colour.
        cv2.drawContours(drawn, contours, -1, (0, 0, 0), width + 2, cv2.LINE_AA)
        cv2.drawContours(drawn, contours, -1, line, width, cv2.LINE_AA)
    return drawn


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


def panel(tiles: Sequence[Tile], columns: int = 4, side: int = 256) -> np.ndarray:
    """Arrange overlays with id and Dice below each, and a legend on top.

    Returns:
        uint8 RGB image.
    """
    strip = 26
    cells = [_cell(tile, side, strip) for tile in tiles]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    legend = np.full((strip + 6, rows[0].shape[1], 3), 255, np.uint8)
    left = 10
    for colour, text in _legend(tiles[0]):
        cv2.rectangle(legend, (left, 10), (left + 22, 20), colour, -1)
        cv2.rectangle(legend, (left, 10), (left + 22, 20), (0, 0, 0), 1)
        _write(legend, text, (left + 30, 20))
        left += max(100, 45 + 9 * len(text))
    return np.vstack([legend, *rows])


def _legend(tile: Tile) -> list[tuple[tuple[int, int, int], str]]:
    if tile.outputs is None or tile.outputs.kind == "lesion":
        return [(TRUTH, "truth"), (PREDICTION, "prediction")]
    return class_legend(tile.outputs)


def _cell(tile: Tile, side: int, strip: int) -> np.ndarray:
    drawn = class_overlay(tile.image, tile.truth, tile.prediction, tile.outputs)
    scale = side / max(drawn.shape[:2])
    size = (max(1, round(drawn.shape[1] * scale)), max(1, round(drawn.shape[0] * scale)))
    small = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((side + strip, side + 8, 3), 255, np.uint8)
    top, left = (side - size[1]) // 2, 4 + (side - size[0]) // 2
    cell[top : top + size[1], left : left + size[0]] = small
    _write(cell, tile.id[:22], (6, side + 17))
    if tile.dice is not None:
        _write(cell, f"{tile.dice:.3f}", (side - 42, side + 17))
    return cell


def _write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
