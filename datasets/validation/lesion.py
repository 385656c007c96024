"""Measures of the shape and place of a lesion."""

from typing import Any

import cv2
import numpy as np

from keras_rau.datasets.validation.columns import MASK_SIDE


def lesion_measures(mask: np.ndarray) -> dict[str, Any]:
    """Measure a mask.

    The share is that of the mask as it is; everything else is measured at `MASK_SIDE` pixels along the longer side when the
    mask is larger.

    Args:
        mask: `(H, W)` of 0 and 1.

    Returns:
        The columns from `lesion_fraction` to `centre_offset`; shape and place are `None` for an empty mask.

    Example:
        >>> lesion_measures(np.ones((4, 4), np.uint8))["border_contact"]
        1.0
    """
    small = _small((mask > 0).astype(np.uint8))
    edge = np.concatenate([small[0], small[-1], small[1:-1, 0], small[1:-1, -1]])
    measures: dict[str, Any] = {
        "lesion_fraction": float((mask > 0).mean()),
        "lesion_components": cv2.connectedComponents(small, connectivity=8)[0] - 1,
        "lesion_holes": _holes(small),
        "touches_border": int(edge.any()),
        "border_contact": float(edge.mean()),
        "border_irregularity": None,
        "centre_offset": None,
    }
    if small.any():
        contours, _ = cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        # The outline runs through the middles of the outermost pixels: a disc of 1 pixel would have none.
        perimeter = sum(cv2.arcLength(contour, True) for contour in contours) + 4 * len(contours)
        rows, columns = np.nonzero(small)
        height, width = small.shape
        away = np.hypot(rows.mean() - (height - 1) / 2, columns.mean() - (width - 1) / 2)
        measures["border_irregularity"] = float(perimeter**2 / (4 * np.pi * small.sum()))
        measures["centre_offset"] = float(away / (np.hypot(height, width) / 2))
    return measures


def _small(mask: np.ndarray) -> np.ndarray:
    scale = MASK_SIDE / max(mask.shape)
    if scale >= 1:
        return mask
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    return (cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) >= 128).astype(np.uint8)


def _holes(mask: np.ndarray) -> int:
    """Parts of the background that do not reach the border of the image."""
    _, labels = cv2.connectedComponents(1 - mask, connectivity=4)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return len(np.setdiff1d(np.unique(labels), np.append(edge, 0)))
