"""Samples that a split must not separate."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError


def with_groups(samples: Sequence[Sample], pairs: Path | str) -> list[Sample]:
    """Join the groups of samples that a file of near-duplicate pairs names.

    Args:
        samples: the samples.
        pairs: CSV file whose first two columns hold ids, with or without a header. Pairs that are not among the samples are
            passed over, since such lists span whole archives.

    Raises:
        DataError: the file cannot be read, or names no pair of the samples.

    Example:
        >>> samples = with_groups(samples, "near_duplicates.csv")
    """
    try:
        with Path(pairs).open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read the list of near duplicates {pairs}: {error}") from error
    if any(len(row) < 2 for row in rows):
        raise DataError(f"{pairs} must have two columns of ids.")
    groups = {sample.id: sample.group for sample in samples}
    leader = {group: group for group in groups.values()}

    def find(group: str) -> str:
        while leader[group] != group:
            group = leader[group]
        return group

    known = [(one, other) for one, other, *_ in rows if one in groups and other in groups]
    if not known:
        raise DataError(
            f"{pairs} names no pair of ids of these {len(groups)} samples. Is it the list of this data set?"
        )
    for one, other in known:
        first, second = sorted((find(groups[one]), find(groups[other])))
        leader[second] = first
    return [replace(sample, group=find(sample.group)) for sample in samples]
