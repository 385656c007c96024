"""Two models on the same images."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_rau.datasets.files import listed
from keras_rau.errors import DataError
from keras_rau.evaluation.summary import bootstrap_interval

# Distances; every other score is better where it is higher.
_LOWER_IS_BETTER = ("hd95", "assd")


def compare_scores(
    rows_a: Sequence[dict[str, Any]],
    rows_b: Sequence[dict[str, Any]],
    key: str = "dice",
    seed: int = 0,
    resamples: int = 10_000,
) -> dict[str, Any]:
    """Compare the scores of two models image by image.

    Intervals of two means may overlap although one model is better on nearly every image: what counts is the spread of the
    differences.

    Args:
        rows_a: scores per image of model A, in any order.
        rows_b: those of model B on the same images.
        key: the score to compare.
        seed: of the bootstrap.
        resamples: how many bootstrap samples.

    Returns:
        `key`; `n`; `mean_a`, `mean_b`; `difference`, the mean of A − B, with its 95 % paired bootstrap interval `ci95`;
        `p_value` of the two-sided Wilcoxon signed-rank test of the differences (Wilcoxon 1945; images without difference
        are left out of it; 1 if there is no difference at all); and on how many images A is better, equal and worse:
        `wins`, `ties`, `losses`. Of distances the lower is the better.

    Raises:
        DataError: an image occurs twice or in one of both alone, there are none, or a row has no such score.

    Example:
        >>> compare_scores(rows_a, rows_b)["p_value"]
        0.0132
    """
    a, b = _by_id(rows_a, key, "A"), _by_id(rows_b, key, "B")
    lonely = [f"{name}, only in A" for name in a if name not in b] + [
        f"{name}, only in B" for name in b if name not in a
    ]
    if lonely:
        raise DataError(listed(f"{len(lonely)} image(s) are scored for one model only", lonely))
    values_a, values_b = np.array(list(a.values())), np.array([b[name] for name in a])
    differences = values_a - values_b
    gains = -differences if lower_is_better(key) else differences
    return {
        "key": key,
        "n": len(a),
        "mean_a": float(values_a.mean()),
        "mean_b": float(values_b.mean()),
        "difference": float(differences.mean()),
        "ci95": bootstrap_interval(differences, seed, resamples).tolist(),
        "p_value": _wilcoxon(differences),
        "wins": int((gains > 0).sum()),
        "ties": int((gains == 0).sum()),
        "losses": int((gains < 0).sum()),
    }


def lower_is_better(key: str) -> bool:
    """Whether a score is a distance."""
    # With the name of a class after it, where there are several.
    return key.partition("_")[0] in _LOWER_IS_BETTER


def _by_id(rows: Sequence[dict[str, Any]], key: str, who: str) -> dict[str, float]:
    if not rows:
        raise DataError(f"There are no scores of {who}.")
    for row in rows:
        if key not in row:
            known = ", ".join(name for name in row if name != "id")
            raise DataError(f"The scores of {who} have no such column. Known: {known}. Received: {key!r}")
    twice = [name for name, count in Counter(row["id"] for row in rows).items() if count > 1]
    if twice:
        raise DataError(listed(f"{len(twice)} image(s) occur twice in the scores of {who}", twice))
    return {row["id"]: float(row[key]) for row in rows}


def _wilcoxon(differences: np.ndarray) -> float:
    from scipy.stats import wilcoxon

    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)


def holm(values: Sequence[float]) -> list[float]:
    """P values adjusted for their number, after Holm's step-down method.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=lambda index: values[index])
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min((len(values) - rank) * values[index], 1.0))
        adjusted[index] = largest
    return adjusted
