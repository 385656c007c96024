"""Dividing samples by class, with whole groups."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.suggestion import did_you_mean

Stratify = str | Callable[[Sample], Any]
NO_VALUE = "(none)"


def classes_of(samples: Sequence[Sample], stratify: Stratify | None) -> list[str]:
    """Class of every sample.

    Args:
        samples: the samples.
        stratify: a column of the metadata, or a function of a sample; `None` puts all into one class. Samples without a
            value form the class `"(none)"`.

    Raises:
        DataError: no sample has the column, or it holds so many values that they are no classes.
    """
    if stratify is None:
        return [NO_VALUE] * len(samples)
    if callable(stratify):
        values = [stratify(sample) for sample in samples]
    else:
        known = sorted({column for sample in samples for column in sample.metadata})
        if stratify not in known:
            hint = did_you_mean(stratify, known)
            raise DataError(
                f"No sample has the metadata {stratify!r} to stratify by. {hint}Known: {', '.join(known) or 'none'}."
            )
        values = [sample.metadata.get(stratify) for sample in samples]
    names = [NO_VALUE if _missing(value) else str(value).strip() for value in values]
    if len(set(names)) > 1 + len(names) / 3:
        raise DataError(
            f"{len(names)} samples have {len(set(names))} values of {stratify!r}, which are not classes to stratify by. "
            "Name a column of few values, such as diagnosis."
        )
    return names


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip()


def divide(
    samples: Sequence[Sample], classes: Sequence[str], shares: Sequence[float], seed: int | Sequence[int]
) -> list[list[Sample]]:
    """Divide samples into sets that hold given shares of every class; groups stay together.

    Groups are dealt out one by one in random order, those first that hold most of a class, each to the set that lacks
    its classes most. A class of fewer groups than sets is missing from the sets of the smallest shares.

    Args:
        samples: the samples, in an order that does not depend on how they were found.
        classes: the class of each.
        shares: of the images; they sum to 1.
        seed: seed of the order.

    Returns:
        The sets, their samples in the order given.
    """
    groups: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        groups.setdefault(sample.group, []).append(index)
    members = [groups[name] for name in sorted(groups)]
    codes = np.unique(classes, return_inverse=True)[1]
    counts = np.stack([np.bincount(codes[indices], minlength=codes.max() + 1) for indices in members]).astype(float)
    totals = counts.sum(0)
    # The legacy generator, because its numbers never change between versions of NumPy.
    order = np.random.RandomState(seed).permutation(len(members))
    order = order[np.argsort(-(counts / totals).max(1)[order], kind="stable")]
    lacking = np.outer(shares, totals)
    chosen = np.empty(len(samples), int)
    for group in order:
        need = np.round((lacking / totals) @ counts[group] / counts[group].sum(), 9)
        # Among sets that lack these classes alike, the one that has fewest of them; then the one that lacks most images.
        have = (np.outer(shares, totals) - lacking) @ (counts[group] > 0)
        best = max(range(len(shares)), key=lambda k: (need[k], -round(have[k], 9), lacking[k].sum()))
        lacking[best] -= counts[group]
        chosen[members[group]] = best
    return [[sample for sample, k in zip(samples, chosen, strict=True) if k == number] for number in range(len(shares))]
