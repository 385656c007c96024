"""What a mask says in numbers: area, bounding box, number of parts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from keras_rau.csv_rows import read_own_table
from keras_rau.csv_text import csv_text
from keras_rau.errors import DataError
from keras_rau.outputs import LESION


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
        masks: names of the files written, by class; empty when the image could not be segmented. Exclusive classes share
            one file.
        regions: what was found, by class; empty likewise.
        error: why not.
    """

    image: Path
    masks: dict[str, str] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    error: str = ""

    @property
    def mask(self) -> str | None:
        """Name of the file with the mask of a single class; `None` when there is none."""
        return self._single(self.masks)

    @property
    def region(self) -> Region | None:
        """The region of a single class; `None` when the image could not be segmented."""
        return self._single(self.regions)

    def _single(self, values: dict[str, Any]) -> Any:
        if len(values) > 1:
            raise ValueError(f"There are several classes: ask `masks` and `regions`. Received: {', '.join(values)}")
        return next(iter(values.values()), None)

    @property
    def found(self) -> bool:
        """True if a lesion of any class was found."""
        return any(region.area for region in self.regions.values())


def regions_csv(outcomes: Sequence[Outcome], classes: Sequence[str] = (LESION,)) -> str:
    """Return CSV with one row for each image: image, mask, the fields of `Region` (empty where there are none), error.

    Of several `classes` there is a row for each image and class, and a column `class` after the image. Text that begins
    like a formula has an apostrophe in front, see `keras_rau.csv_text.safe`; `read_regions` takes it away.

    Example:
        >>> Path("regions.csv").write_text(regions_csv(outcomes))
    """
    several = len(classes) > 1
    columns = ["image", *(["class"] if several else []), "mask", *(each.name for each in fields(Region)), "error"]
    rows = []
    for outcome in outcomes:
        error = " ".join(outcome.error.split())
        if not outcome.regions:
            rows.append({"image": outcome.image, "error": error})
        for name, region in outcome.regions.items():
            numbers = {key: value for key, value in asdict(region).items() if value is not None}
            rows.append({"image": outcome.image, "class": name, "mask": outcome.masks[name], **numbers, "error": error})
    return csv_text(columns, rows)


def read_regions(path: Path | str) -> list[dict[str, str]]:
    """Return the rows of a `regions.csv`, with the names as the files have them.

    Raises:
        DataError: the file is missing or no such table.

    Example:
        >>> read_regions("masks/regions.csv")[0]["area"]
        '20841'
    """
    try:
        return [row for _, row in read_own_table(path, ("image", "mask", "area", "error"))]
    except DataError as error:
        raise DataError(f"Not a table as keras-rau predict writes it: {error}") from error
