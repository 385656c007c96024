"""What may be done to a prediction at test time: averaging over turned images, and cleaning the mask."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Literal

import cv2
import numpy as np

from keras_rau.errors import UsageError
from keras_rau.outputs import Outputs

# Flips of rows and columns, and a transposition after them: together the eight symmetries of a square.
_VIEWS: dict[str | None, list[tuple[bool, bool, bool]]] = {
    None: [(False, False, False)],
    "flips": [(rows, columns, False) for rows, columns in product((False, True), repeat=2)],
    "dihedral": list(product((False, True), repeat=3)),
}


@dataclass(frozen=True)
class Refinement:
    """Switches of what is done at test time; by default nothing.

    Attributes:
        augment: average the probabilities of the image and its mirror images (`"flips"`, four times the work), or of all
            eight turned and mirrored ones (`"dihedral"`, for square models).
        largest: keep the largest connected part of the mask alone.
        fill_holes: fill what the lesion encloses.

    Raises:
        UsageError: a value is none of these.

    Example:
        >>> Refinement(augment="flips", largest=True)
    """

    augment: Literal["flips", "dihedral"] | None = None
    largest: bool = False
    fill_holes: bool = False

    def __post_init__(self) -> None:
        if self.augment not in _VIEWS:
            raise UsageError(f"`augment` must be 'flips', 'dihedral' or None. Received: augment={self.augment!r}")

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse to turn an image that a model could not take then.

        Raises:
            UsageError: the frame is not square, but images are to be turned.
        """
        if self.augment == "dihedral" and size[0] != size[1]:
            raise UsageError(
                f"augment='dihedral' turns images, but the model takes {size[0]}×{size[1]} pixels: use 'flips'."
            )

    def average(self, run: Callable[[np.ndarray], np.ndarray], batch: np.ndarray) -> np.ndarray:
        """Mean map of a model over the views of `batch`, `(B, H, W, C)`, turned back."""
        maps = [_back(run(_view(batch, view)), view) for view in _VIEWS[self.augment]]
        return maps[0] if len(maps) == 1 else np.mean(maps, axis=0)

    def clean(self, mask: np.ndarray) -> np.ndarray:
        """The mask, uint8 `(H, W)` of 0 and 1, with what is switched on done to it."""
        if self.fill_holes:
            mask = _filled(mask)
        return _largest(mask) if self.largest else mask

    def clean_classes(self, mask: np.ndarray, outputs: Outputs) -> np.ndarray:
        """Return what `Outputs.decide` gave, each class cleaned apart.

        Of exclusive classes, what is filled or dropped never touches another class: holes are background that becomes
        the class around it, and dropped parts become background.
        """
        if self == Refinement(self.augment):
            return mask
        if outputs.kind == "lesion":
            return self.clean(mask)
        if outputs.kind == "overlapping":
            return np.stack([self.clean(np.ascontiguousarray(one)) for one in np.moveaxis(mask, -1, 0)], axis=-1)
        found = mask.copy()
        for number in range(1, outputs.channels):
            before = (found == number).astype(np.uint8)
            after = self.clean(before) * ((found == 0) | (before == 1)).astype(np.uint8)
            found[before > after], found[after > before] = 0, number
        return found

    def stated(self) -> dict[str, Any]:
        """What is switched on, for a record."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


def _view(batch: np.ndarray, view: tuple[bool, bool, bool]) -> np.ndarray:
    rows, columns, transposed = view
    turned = batch[:, :: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(turned.swapaxes(1, 2) if transposed else turned)


def _back(maps: np.ndarray, view: tuple[bool, bool, bool]) -> np.ndarray:
    rows, columns, transposed = view
    turned = maps.swapaxes(1, 2) if transposed else maps
    return turned[:, :: -1 if rows else 1, :: -1 if columns else 1]


def _largest(mask: np.ndarray) -> np.ndarray:
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    areas = statistics[1:, cv2.CC_STAT_AREA]
    return (labels == 1 + int(np.argmax(areas))).astype(np.uint8)


def _filled(mask: np.ndarray) -> np.ndarray:
    # Lesion that touches by a corner encloses, so that the background must not pass there.
    count, labels = cv2.connectedComponents(1 - mask, connectivity=4)
    outside = np.zeros(count, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[edge] = True
    outside[0] = False
    holes = ~outside
    holes[0] = True  # the lesion itself
    return holes[labels].astype(np.uint8)
