"""At which probability a pixel is best called lesion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_rau.datasets.geometry import resize_map
from keras_rau.datasets.reading.decoding import read_pair
from keras_rau.datasets.samples import Sample
from keras_rau.errors import RauError

THRESHOLDS = tuple(step / 20 for step in range(1, 20))


def dice_by_threshold(predictor: Any, samples: Sequence[Sample], console: Any = None) -> dict[float, float]:
    """Mean Dice of the images for each threshold of `THRESHOLDS`, at the sizes of the masks, before any cleaning.

    Choose by validation images: what is chosen on test images has seen them.

    Args:
        predictor: a `keras_rau.export.Predictor`, or anything with its `predict_batch`.
        samples: samples with masks.
        console: `rich.console.Console` for a progress bar.

    Raises:
        RauError: there are no samples, or one has no mask or cannot be read.

    Example:
        >>> best_threshold(dice_by_threshold(Predictor("model.tflite"), val))
        0.45
    """
    from rich.progress import track

    if not samples:
        raise RauError("There are no images to choose a threshold by.")
    scores = []
    for sample in track(samples, "thresholds", console=console, transient=True, disable=console is None):
        if sample.mask is None:
            raise RauError(f"The sample {sample.id} has no mask to score against.")
        image, truth = read_pair(sample.image, sample.mask, bit_depth=sample.bit_depth)
        probability = resize_map(predictor.predict_batch([image])[0], truth.shape)
        scores.append([_dice(probability, np.asarray(truth, bool), value) for value in THRESHOLDS])
    return dict(zip(THRESHOLDS, np.mean(scores, axis=0).tolist(), strict=True))


def best_threshold(scores: dict[float, float]) -> float:
    """The threshold of the highest score; of several the one nearest to 0.5."""
    highest = max(scores.values())
    return min((value for value, score in scores.items() if score == highest), key=lambda value: abs(value - 0.5))


def _dice(probability: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    found = probability >= threshold
    total = int(found.sum()) + int(truth.sum())
    return 2 * int((found & truth).sum()) / total if total else 1.0
