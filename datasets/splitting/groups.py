"""Samples that a split must not separate."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from keras_rau.csv_rows import csv_rows
from keras_rau.csv_text import plain
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.splitting.duplicates import Pair
from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_LIST, read_text


def with_groups(samples: Sequence[Sample], pairs: Path | str | Iterable[Pair]) -> list[Sample]:
    """Join the groups of samples that are near duplicates.

    Args:
        samples: the samples.
        pairs: what `near_duplicates` found; or a CSV file whose first two columns hold ids, with or without a header.
            Pairs that are not among the samples are passed over, since such lists span whole archives.

    Raises:
        DataError: the file cannot be read, or names no pair of the samples.

    Example:
        >>> samples = with_groups(samples, near_duplicates(samples))
        >>> samples = with_groups(samples, "near_duplicates.csv")
    """
    from scipy.cluster.hierarchy import DisjointSet

    rows = known_pairs(samples, pairs)
    groups = {sample.id: sample.group for sample in samples}
    joined = DisjointSet(groups.values())
    for one, other in rows:
        joined.merge(groups[one], groups[other])
    first = {group: min(subset) for subset in joined.subsets() for group in subset}
    return [replace(sample, group=first[sample.group]) for sample in samples]


def known_pairs(samples: Iterable[Sample], pairs: Path | str | Iterable[Pair]) -> list[tuple[str, str]]:
    """Ids of those pairs of which both are among the samples; see `with_groups`."""
    ids = {sample.id for sample in samples}
    from_file = isinstance(pairs, str | Path)
    rows = _read(Path(pairs)) if from_file else pairs
    known = [(one, other) for one, other, *_ in rows if one in ids and other in ids]
    if from_file and rows != [list(Pair._fields)] and not known:
        raise DataError(f"{pairs} names no pair of ids of these {len(ids)} samples. Is it the list of this data set?")
    return known


def _read(path: Path) -> list[list[str]]:
    try:
        rows = [[plain(cell) for cell in cells] for _, cells in csv_rows(read_text(path, LARGEST_LIST), path)]
    except DataError as error:
        raise DataError(f"Cannot read the list of near duplicates {error}") from error
    if any(len(row) < 2 for row in rows):
        raise DataError(f"{path} must have two columns of ids.")
    return rows
