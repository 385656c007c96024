"""Masks of people as the judge: what an export costs in Dice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.geometry import restore
from keras_rau.export.parity_images import fed


@dataclass(frozen=True)
class Truth:
    """Dice against masks of people, mean over images, before and after the export.

    Attributes:
        images: what they are.
        n_images: how many.
        keras: Dice of the Keras model.
        exported: Dice of the exported one.
    """

    images: str
    n_images: int
    keras: float
    exported: float


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Dice of two masks of booleans; 1 of two empty ones."""
    total = one.sum() + other.sum()
    return 1.0 if total == 0 else float(2 * (one & other).sum() / total)


def against_truth(
    reference: Callable[[np.ndarray], np.ndarray],
    candidate: Callable[[np.ndarray], np.ndarray],
    samples: Sequence[Any],
    size: tuple[int, int],
    info: dict[str, Any],
) -> Truth:
    """Score two models at the masks' own sizes.

    Args:
        reference: maps float32 `(1, H, W, 3)` to probabilities of one lesion class, `(1, H, W, 1)`.
        candidate: the same.
        samples: with masks, from `datasets.load`.
        size: height and width the models see.
        info: content of the sidecar: `resize`, `preprocess`, `threshold`.

    Raises:
        DataError: a file is missing or damaged.
    """
    resize, threshold = info.get("resize", "letterbox"), info.get("threshold", 0.5)
    scores = []
    for sample in samples:
        image, mask = read_sample(sample)
        batch = fed(image, size, info)[None].astype(np.float32)
        maps = [restore(np.asarray(run(batch))[0, ..., 0], mask.shape, resize) for run in (reference, candidate)]
        scores.append([dice(found >= threshold, mask == 1) for found in maps])
    before, after = np.mean(scores, axis=0)
    return Truth(samples[0].source, len(samples), float(before), float(after))
