"""One row of the table: everything measured about one image and its mask."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from keras_rau.datasets.reading.opening import header, open_file
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.columns import COLUMNS, IMAGE_SIDE
from keras_rau.datasets.validation.lesion import lesion_measures

# Names under which the sources and people's own tables give the diagnosis.
_DIAGNOSIS = ("diagnosis", "dx", "clinical_diagnosis")
_NEARLY_BLACK = 50


def describe(sample: Sample, image: np.ndarray | None, mask: np.ndarray | None) -> dict[str, Any]:
    """Measure one sample.

    Args:
        sample: its record; the headers of its files are read for `mode`, `format` and `mask_values`.
        image: uint8 RGB `(H, W, 3)`, or `None` when it cannot be read.
        mask: `(H, W)` of 0 and 1, or `None` when there is none.

    Returns:
        A value, or `None`, for each of `COLUMNS`. Units and ranges are those of `Column.meaning`.

    Example:
        >>> describe(sample, read_image(sample.image), read_mask(sample.mask))["lesion_fraction"]
        0.2304
    """
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row.update(id=sample.id, source=sample.source, split=sample.split, diagnosis=_diagnosis(sample))
    row.update(_file_facts(sample.image))
    if image is not None:
        row.update(width=image.shape[1], height=image.shape[0], aspect=image.shape[1] / image.shape[0])
        row.update(_image_measures(image))
    if mask is not None:
        row.update(lesion_measures(mask))
    if sample.mask is not None:
        row["mask_values"] = mask_values(sample.mask)
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()}


def _diagnosis(sample: Sample) -> str | None:
    for name in _DIAGNOSIS:
        value = str(sample.metadata.get(name) or "").strip()
        if value:
            return value
    return None


def _file_facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    # What is wrong with the file is for the examination to say.
    with suppress(Exception):
        facts["file_bytes"] = path.stat().st_size
        found = header(path)
        facts.update(mode=found.mode, format=found.format)
    return facts


def mask_values(path: Path) -> str | None:
    """Values of a mask file after conversion to grey, as text: all of them up to four, else how many; `None` if unreadable."""
    try:
        image = open_file(path).image
        deep = image.mode.startswith(("I", "F"))
        pixels = image if deep else image.convert("L")
        values = np.unique(np.asarray(pixels)).tolist() if deep else np.flatnonzero(pixels.histogram()).tolist()
    except Exception:
        return None
    return ",".join(f"{value:g}" for value in values) if len(values) <= 4 else f"{len(values)} values"


def working_size(image: np.ndarray, side: int = IMAGE_SIDE) -> np.ndarray:
    """The image at `side` pixels along its longer side."""
    scale = side / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _image_measures(image: np.ndarray) -> dict[str, Any]:
    import imagehash

    from keras_rau.datasets.preprocessing.hair import find_hair

    small = working_size(image)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    colour = small.reshape(-1, 3).mean(axis=0)
    length = float(np.linalg.norm(colour))
    cosine = colour.sum() / (length * np.sqrt(3)) if length else 1.0
    return {
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "sharpness": float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        "hair_score": float(find_hair(small).mean()) if min(grey.shape) >= 16 else None,
        "vignette": _black_corners(small),
        "colour_cast": float(np.degrees(np.arccos(min(1.0, cosine)))),
        "perceptual_hash": str(imagehash.phash(Image.fromarray(small))),
    }


def _black_corners(small: np.ndarray) -> float:
    black = (small.max(axis=2) < _NEARLY_BLACK).astype(np.uint8)
    _, labels = cv2.connectedComponents(black, connectivity=4)
    corners = np.unique(labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    return float(np.isin(labels, corners[corners > 0]).mean())
