"""What a mask says in numbers: area, bounding box, number of parts."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import cv2
import numpy as np


@dataclass(frozen=True)
class Region:
    """The lesion of one image.

    Attributes:
        width: of the image, in pixels.
        height: of the image.
        area: pixels of the lesion.
        share: of the image, from 0 to 1.
        left: first column of the bounding box, from 0; `None` without a lesion.
        top: its first row.
        right: the column after its last.
        bottom: the row after its last.
        components: connected parts; pixels that touch by a corner belong together.
    """

    width: int
    height: int
    area: int
    share: float
    left: int | None
    top: int | None
    right: int | None
    bottom: int | None
    components: int

    def __str__(self) -> str:
        if not self.area:
            return "no lesion found"
        parts = f", in {self.components} parts" if self.components > 1 else ""
        return (
            f"{self.area:,} pixels, {self.share:.1%} of the image, columns {self.left} to {self.right}, rows {self.top} to "
            f"{self.bottom}{parts}"
        )


def region_of(mask: np.ndarray) -> Region:
    """Measure a mask.

    Args:
        mask: `(H, W)` of 0 and 1.

    Example:
        >>> region_of(np.eye(3)).right
        3
    """
    mask = np.ascontiguousarray(mask, np.uint8)
    height, width = mask.shape
    area = int(np.count_nonzero(mask))
    box: tuple[int | None, ...] = (None,) * 4
    if area:
        left, top, wide, high = cv2.boundingRect(mask)
        box = (left, top, left + wide, top + high)
    components = cv2.connectedComponents(mask, connectivity=8)[0] - 1
    return Region(width, height, area, round(area / mask.size, 6), *box, components)


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes:
        image: the file.
        mask: name of the file written; `None` when the image could not be read.
        region: what was found; `None` likewise.
        error: why not.
    """

    image: Path
    mask: str | None = None
    region: Region | None = None
    error: str = ""


def write_regions(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write one row per image as CSV: image, mask, the fields of `Region` (empty where there are none), error."""
    names = [field.name for field in fields(Region)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["image", "mask", *names, "error"])
        writer.writeheader()
        for outcome in outcomes:
            numbers = asdict(outcome.region) if outcome.region else {}
            writer.writerow(
                {
                    "image": outcome.image,
                    "mask": outcome.mask or "",
                    **numbers,
                    "error": " ".join(outcome.error.split()),
                }
            )
