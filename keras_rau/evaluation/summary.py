"""Means over images with confidence intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_rau.errors import RauError
from keras_rau.evaluation.class_scores import split_classes
from keras_rau.evaluation.scores import KEYS


def score_keys(row: dict[str, Any]) -> list[str]:
    """Names of the scores in a row: the seven of every evaluation, then what else there is."""
    return [*KEYS, *(key for key in row if key not in ("id", *KEYS))]


def summarise(
    rows: Sequence[dict[str, Any]], seed: int = 0, resamples: int = 2000, *, classes: Sequence[str] = ()
) -> dict[str, Any]:
    """Mean of every score over images, with 95 % bootstrap intervals over images.

    Args:
        rows: scores per image, as `image_scores` gives them, with or without those of `surface_scores`.
        seed: of the bootstrap.
        resamples: how many bootstrap samples.
        classes: names of the classes that rows of several classes have scores of.

    Returns:
        `n_images`, the means by the names of the scores, and `ci95`: low and high by the same names; with `classes` also
        `by_class`: the same of each class.

    Raises:
        RauError: there are no images.
    """
    if not rows:
        raise RauError("There are no images to score.")
    keys = score_keys(rows[0])
    values = np.array([[row[key] for key in keys] for row in rows], float)
    low, high = bootstrap_interval(values, seed, resamples)
    means = dict(zip(keys, values.mean(axis=0).tolist(), strict=True))
    intervals = {key: [float(a), float(b)] for key, a, b in zip(keys, low, high, strict=True)}
    (means, each), (intervals, each_interval) = (split_classes(found, classes) for found in (means, intervals))
    by_class = {name: {**each[name], "ci95": each_interval[name]} for name in classes}
    return {"n_images": len(rows), **means, "ci95": intervals, **({"by_class": by_class} if classes else {})}


def bootstrap_interval(values: np.ndarray, seed: int = 0, resamples: int = 2000) -> np.ndarray:
    """95 % bootstrap interval of the mean over images.

    Args:
        values: `(N,)` or, for several scores of the same images, `(N, K)`.
        seed: of the bootstrap.
        resamples: how many bootstrap samples.

    Returns:
        Low and high, `(2,)` or `(2, K)`.

    Example:
        >>> bootstrap_interval(np.array([0.8, 0.9, 1.0])).tolist()
        [0.8, 0.9666666666666667]
    """
    rng = np.random.default_rng(seed)
    count = len(values)
    means = np.stack([values[rng.integers(0, count, count)].mean(axis=0) for _ in range(resamples)])
    return np.percentile(means, [2.5, 97.5], axis=0)
