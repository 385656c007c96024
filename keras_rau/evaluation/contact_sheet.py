"""Contact sheet of images as a training sees them."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from keras_rau.evaluation.overlays import class_overlay

_STRIP, _GAP = 22, 4


def contact_sheet(rows: Sequence[Any]) -> np.ndarray:
    """Arrange the rows of a preview under one another, every image with the outline of its mask.

    Args:
        rows: from `keras_rau.datasets.preview`; all of one size.

    Returns:
        uint8 RGB image: the fitted image, the preprocessed one if there is one, then one epoch a column.
    """
    titles = ["image"]
    titles += ["preprocessed"] if rows[0].preprocessed is not None else []
    titles += [f"epoch {number}" for number in range(len(rows[0].epochs))]
    heads = [titles, *[[""] * len(titles) for _ in rows[1:]]]
    return np.vstack([_line(row, head) for row, head in zip(rows, heads, strict=True)])


def _line(row: Any, head: Sequence[str]) -> np.ndarray:
    image, mask = row.fitted
    pairs = [row.fitted, *([(row.preprocessed, mask)] if row.preprocessed is not None else []), *row.epochs]
    height, width = image.shape[:2]
    line = np.full((2 * _STRIP + height, len(pairs) * (width + _GAP) + _GAP, 3), 255, np.uint8)
    for column, ((image, mask), title) in enumerate(zip(pairs, head, strict=True)):
        left = _GAP + column * (width + _GAP)
        line[_STRIP : _STRIP + height, left : left + width] = class_overlay(image, mask, outputs=row.outputs)
        _write(line, title, (left, _STRIP - 7))
    _write(line, row.id, (_GAP, _STRIP + height + 15))
    # Only the first line has titles.
    return line if any(head) else line[_STRIP - _GAP :]


def _write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
