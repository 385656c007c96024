"""Scores by diagnosis, source, lesion size, or whatever else is known about the images."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from keras_rau.datasets.balancing import lesion_share, stated
from keras_rau.datasets.samples import Sample
from keras_rau.errors import RauError
from keras_rau.evaluation.class_scores import classes_of
from keras_rau.evaluation.summary import summarise

NO_VALUE = "(none)"
_ALWAYS = ("source", "lesion_size")


def breakdown(
    rows: Sequence[dict[str, Any]], samples: Sequence[Sample], by: str, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Summarise the scores of groups of images.

    Args:
        rows: what `evaluate` returned.
        samples: the samples it was given.
        by: a column of the samples' metadata, such as `"diagnosis"`; `"source"`; or `"lesion_size"`, quartiles of the share
            of the image that the true mask covers, with the limits in the names.
        seed: of the bootstrap.

    Returns:
        What `summarise` returns (`n_images`, means, `ci95`), by the name of the group; images without a value are the
        group `"(none)"`, which comes last.

    Raises:
        RauError: no sample has such a column, or a row belongs to no sample.

    Example:
        >>> breakdown(rows, test, by="diagnosis")["melanoma"]["dice"]
        0.8712
    """
    check_columns(samples, [by])
    known = {sample.id: sample for sample in samples}
    strangers = [row["id"] for row in rows if row["id"] not in known]
    if strangers:
        raise RauError(f"{len(strangers)} scored image(s) are not among the samples. Received: {strangers[:10]}")
    scored = [known[row["id"]] for row in rows]
    names = _quartiles(scored) if by == "lesion_size" else [group_of(sample, by) for sample in scored]
    groups = sorted(set(names), key=_rank)
    classes = classes_of(scored)
    return {
        group: summarise([row for row, name in zip(rows, names, strict=True) if name == group], seed, classes=classes)
        for group in groups
    }


def check_columns(samples: Sequence[Sample], columns: Iterable[str]) -> None:
    """Check before the long work that there are such columns.

    Raises:
        RauError: no sample has one of them.
    """
    present = dict.fromkeys(key for sample in samples for key in sample.metadata)
    for column in columns:
        if column not in (*_ALWAYS, *present):
            raise RauError(
                f"The images have no column to group them by. Known: {', '.join([*_ALWAYS, *present])}. Received: {column!r}"
            )


def group_of(sample: Sample, by: str) -> str:
    """Return the name of a sample's group by a column of the metadata or by `"source"`; `NO_VALUE` where it has none."""
    value = sample.source if by == "source" else sample.metadata.get(by)
    return stated(value) or NO_VALUE


def _rank(name: str) -> tuple[bool, bool, float, str]:
    """Numbers in their order, then words in theirs, then no value."""
    try:
        return name == NO_VALUE, False, float(name), name
    except ValueError:
        return name == NO_VALUE, True, 0.0, name


def _quartiles(samples: Sequence[Sample]) -> list[str]:
    """Name of the quartile of every sample."""
    with ThreadPoolExecutor() as pool:
        shares = np.array(list(pool.map(lesion_share, samples)))
    limits = np.percentile(shares, [0, 25, 50, 75, 100])
    names = [f"Q{k + 1}: {100 * limits[k]:.1f} % to {100 * limits[k + 1]:.1f} % of the image" for k in range(4)]
    return [names[k] for k in np.searchsorted(limits[1:4], shares)]
