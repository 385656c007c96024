"""At which probability a pixel is best called lesion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.classes.samples import check_fits
from keras_rau.datasets.geometry import resize_map
from keras_rau.datasets.samples import Sample
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation.class_scores import mask_scores
from keras_rau.outputs import Outputs

THRESHOLDS = tuple(step / 20 for step in range(1, 20))


def dice_by_threshold(predictor: Any, samples: Sequence[Sample], console: Any = None) -> dict[float, float]:
    """Mean Dice of the images for each threshold of `THRESHOLDS`, at the sizes of the masks, before any cleaning.

    Of overlapping classes the Dice of an image is the mean over its classes, which share one threshold.

    Choose by validation images: what is chosen on test images has seen them.

    Args:
        predictor: a `keras_rau.export.Predictor`, or anything with its `predict_batch`.
        samples: samples with masks.
        console: `rich.console.Console` for a progress bar.

    Raises:
        RauError: there are no samples, or one has no mask or cannot be read.
        UsageError: the classes exclude each other, so that there is no threshold, or are others than those of the masks.

    Example:
        >>> best_threshold(dice_by_threshold(Predictor("model.tflite"), val))
        0.45
    """
    from rich.progress import track

    if not samples:
        raise RauError("There are no images to choose a threshold by.")
    outputs = getattr(predictor, "outputs", Outputs())
    check_threshold_counts(outputs)
    check_fits(outputs, samples)
    scores = []
    for sample in track(samples, "thresholds", console=console, transient=True, disable=console is None):
        if sample.mask is None:
            raise RauError(f"The sample {sample.id} has no mask to score against.")
        image, truth = read_sample(sample)
        probability = resize_map(predictor.predict_batch([image])[0], truth.shape[:2])
        scores.append([_dice(outputs.decide(probability, value), truth, outputs) for value in THRESHOLDS])
    return dict(zip(THRESHOLDS, np.mean(scores, axis=0).tolist(), strict=True))


def best_threshold(scores: dict[float, float]) -> float:
    """The threshold of the highest score; of several the one nearest to 0.5."""
    highest = max(scores.values())
    return min((value for value, score in scores.items() if score == highest), key=lambda value: abs(value - 0.5))


def check_threshold_counts(outputs: Outputs) -> None:
    """Refuse thresholds of exclusive classes.

    Raises:
        UsageError: the classes exclude each other.
    """
    if outputs.kind == "exclusive":
        raise UsageError(
            "Of exclusive classes the most probable one counts: there is no threshold to find. Leave --find-threshold out."
        )


def _dice(found: np.ndarray, truth: np.ndarray, outputs: Outputs) -> float:
    return mask_scores(truth, found, outputs)["dice"]
