"""Masks of people as the judge: what an export costs in Dice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_rau.datasets.classes.description import IGNORED
from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.geometry import restore
from keras_rau.export.parity_images import fed
from keras_rau.outputs import Outputs


@dataclass(frozen=True)
class Truth:
    """Dice against masks of people, mean over images, before and after the export.

    Attributes:
        images: what they are.
        n_images: how many.
        keras: Dice of the Keras model; of several classes, the mean over all but the background.
        exported: Dice of the exported one.
        classes: both by class, of several classes.
    """

    images: str
    n_images: int
    keras: float
    exported: float
    classes: dict[str, tuple[float, float]] = field(default_factory=dict)


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
        reference: maps float32 `(1, H, W, 3)` to probabilities `(1, H, W, K)`.
        candidate: the same.
        samples: with masks, from `datasets.load`.
        size: height and width the models see.
        info: content of the sidecar: `classes`, `resize`, `preprocess`, `threshold`.

    Raises:
        DataError: a file is missing or damaged.
    """
    outputs = Outputs.from_config(info["classes"]) if info.get("classes") else Outputs()
    scores = []
    for sample in samples:
        image, truth = read_sample(sample)
        batch = fed(image, size, info)[None].astype(np.float32)
        scores.append([_by_class(np.asarray(run(batch))[0], truth, outputs, info) for run in (reference, candidate)])
    # By class, before and after.
    means = np.mean(scores, axis=0).T
    classes = {} if outputs.kind == "lesion" else dict(zip(outputs.foreground, map(tuple, means.tolist()), strict=True))
    before, after = means.mean(axis=0).tolist()
    return Truth(samples[0].source, len(samples), before, after, classes)


def _by_class(maps: np.ndarray, truth: np.ndarray, outputs: Outputs, info: dict[str, Any]) -> list[float]:
    maps = maps[..., 0] if outputs.kind == "lesion" else maps
    maps = restore(maps, truth.shape[:2], info.get("resize", "letterbox"))
    found = outputs.class_masks(outputs.decide(maps, info.get("threshold", 0.5)))
    counted = True if outputs.kind == "overlapping" else truth != IGNORED
    return [dice((found[name] == 1) & counted, mask == 1) for name, mask in outputs.class_masks(truth).items()]
