"""Images whose measures lie far from those of the others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_rau.datasets.findings import Finding
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.table import Row

# Robust z-score beyond which a value is unusual; among normally distributed values 1 of 2 million is.
THRESHOLD = 5.0
_NAMED_PER_COLUMN = 6
# On a log scale; sizes that differ by a few pixels and a second part of a lesion are no outliers, however equal the rest.
_LEAST_SPREAD = 0.1


class Outlier(NamedTuple):
    """A value far from the others.

    Attributes:
        column: name of the column.
        id: id of the sample.
        value: its value.
        median: the middle value of the column.
        score: robust z-score: distance from the median in robust standard deviations, signed.
    """

    column: str
    id: str
    value: float
    median: float
    score: float


def find_outliers(rows: Sequence[Row], threshold: float = THRESHOLD) -> list[Outlier]:
    """Values far from the median of their column, by column, the farthest first.

    The spread is the largest of three robust estimates (median absolute deviation, interquartile range, mean absolute
    deviation, each scaled to a normal distribution's standard deviation), so that columns of which most values are equal do
    not make outliers of all others. Skewed columns are compared on a log scale.

    Args:
        rows: rows of the table; columns with fewer than 20 values are passed over.
        threshold: smallest absolute robust z-score.
    """
    found: list[Outlier] = []
    for name, column in COLUMNS.items():
        known = [row for row in rows if row[name] is not None] if column.outliers else []
        if len(known) < 20:
            continue
        values = np.array([row[name] for row in known], float)
        log = column.outliers == "log"
        scores = _scores(np.log1p(values) if log else values, _LEAST_SPREAD if log else 0.0)
        chosen = [i for i in np.argsort(-np.abs(scores), kind="stable") if abs(scores[i]) > threshold]
        middle = float(np.median(values))
        found += [Outlier(name, known[i]["id"], float(values[i]), middle, float(scores[i])) for i in chosen]
    return found


def _scores(values: np.ndarray, least: float) -> np.ndarray:
    away = values - np.median(values)
    low, high = np.percentile(values, [25, 75])
    spread = max(np.median(np.abs(away)) * 1.4826, (high - low) / 1.349, np.abs(away).mean() * 1.2533, least)
    return away / spread if spread > 0 else np.zeros_like(away)


def outlier_findings(outliers: Sequence[Outlier], samples: Sequence[Sample]) -> list[Finding]:
    """A note for each of the farthest outliers of each column; the last one of a column says how many more there are."""
    paths = {sample.id: sample.image for sample in samples}
    findings = []
    for column in dict.fromkeys(outlier.column for outlier in outliers):
        ours = [outlier for outlier in outliers if outlier.column == column]
        for number, outlier in enumerate(ours[:_NAMED_PER_COLUMN]):
            more = len(ours) - _NAMED_PER_COLUMN if number == _NAMED_PER_COLUMN - 1 else 0
            findings.append(
                Finding(
                    "outlier",
                    f"{outlier.id}: {column} is {outlier.value:.4g}; the middle image has {outlier.median:.4g} (robust "
                    f"z-score {outlier.score:+.1f}). Look at it."
                    + (f" {more} more of this column are in the report." if more > 0 else ""),
                    paths.get(outlier.id),
                    outlier.id,
                )
            )
    return findings
