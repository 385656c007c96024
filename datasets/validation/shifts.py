"""Columns whose values are spread differently in two sets (drift) or two data sets (skew), measured by TFDV."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_rau.datasets.findings import Finding
from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.statistics import text_statistics, tfdv
from keras_rau.datasets.validation.table import Row

# Shifts that matter: of half a standard deviation for a normal distribution, and of 10 % of the images for a text column.
JENSEN_SHANNON, L_INFINITY = 0.05, 0.1
_MEASURES = {"JENSEN_SHANNON_DIVERGENCE": "Jensen-Shannon divergence", "L_INFTY": "L-infinity distance"}


class Shift(NamedTuple):
    """How differently a column is spread in two sets.

    Attributes:
        column: its name.
        between: names of the two sets.
        measure: `"Jensen-Shannon divergence"` (numbers) or `"L-infinity distance"` (text), both 0 to 1.
        value: of the measure.
        threshold: the value above which the shift is reported.
    """

    column: str
    between: tuple[str, str]
    measure: str
    value: float
    threshold: float

    @property
    def large(self) -> bool:
        """Whether it is above the threshold."""
        return self.value > self.threshold

    def sentence(self) -> str:
        """The shift in words."""
        return (
            f"{self.column} ({COLUMNS[self.column].meaning}) is spread differently in {self.between[0]} and "
            f"{self.between[1]}: {self.measure} {self.value:.2f}, above {self.threshold:.2f}."
        )


def thresholds(counts: tuple[int, int]) -> tuple[float, float]:
    """Thresholds of the Jensen-Shannon divergence and of the L-infinity distance for sets of these sizes.

    Small sets differ by chance. For two samples of one distribution in k bins the divergence (in bits) follows
    chi²(k-1) / (8 ln 2) · (1/n + 1/m); 8 · (1/n + 1/m) lies beyond its 99.9 % quantile for up to 19 bins. The difference of
    one share has a standard deviation of at most sqrt(1/n + 1/m) / 2; three of these are allowed.
    """
    chance = sum(1 / max(count, 1) for count in counts)
    return max(JENSEN_SHANNON, 8 * chance), max(L_INFINITY, 1.5 * math.sqrt(chance))


def shifts(one: Sequence[Row], other: Sequence[Row], names: tuple[str, str], schema: Any | None = None) -> list[Shift]:
    """Measure the shift of every column that both sets have.

    Numbers are sorted into bins between the deciles of both sets first: the bins of equal width that TFDV takes by itself
    hold nearly everything in the first one when a column is skewed, and its divergence is then a matter of chance.

    Args:
        one: rows of one set.
        other: rows of the other.
        names: their names.
        schema: its drift comparators go before the built-in thresholds.

    Returns:
        One `Shift` per column, the largest in terms of its threshold first.
    """
    binned = [{}, {}]
    for name, column in COLUMNS.items():
        cells = [[row[name] for row in rows if row[name] is not None] for rows in (one, other)]
        if column.compared and all(cells):
            edges = _edges(*cells) if column.numeric else None
            for part, known in zip(binned, cells, strict=True):
                part[name] = [str(cell) for cell in (known if edges is None else np.searchsorted(edges, known))]
    if not binned[0]:
        return []
    wanted = _schema(list(binned[0]), thresholds((len(one), len(other))), schema)
    stats = [text_statistics(part) for part in binned]
    found = []
    for entry in tfdv().validate_statistics(stats[1], wanted, previous_statistics=stats[0]).drift_skew_info:
        for measured in entry.drift_measurements:
            measure = _MEASURES[type(measured).Type.Name(measured.type)]
            found.append(Shift(entry.path.step[0], names, measure, measured.value, measured.threshold))
    return sorted(found, key=lambda shift: -shift.value / shift.threshold)


def _edges(one: Sequence[float], other: Sequence[float]) -> np.ndarray:
    deciles = np.arange(1, 10) / 10
    return np.unique([np.quantile(values, deciles, method="lower") for values in (one, other)])


def _schema(columns: Sequence[str], limits: tuple[float, float], given: Any | None) -> Any:
    from tensorflow_metadata.proto.v0 import schema_pb2

    own = {} if given is None else {f.name: f for f in given.feature if f.HasField("drift_comparator")}
    schema = schema_pb2.Schema()
    for name in columns:
        feature = schema.feature.add(name=name, type=schema_pb2.BYTES)
        if name in own:
            feature.drift_comparator.CopyFrom(own[name].drift_comparator)
        elif COLUMNS[name].numeric:
            feature.drift_comparator.jensen_shannon_divergence.threshold = limits[0]
        else:
            feature.drift_comparator.infinity_norm.threshold = limits[1]
    return schema


def shift_findings(kind: str, found: Sequence[Shift]) -> list[Finding]:
    """A finding of kind `"drift"` or `"skew"` for each large shift."""
    advice = {
        "drift": "Scores on one set may not tell about the other; split again, stratified.",
        "skew": "A model of one may fail on the other; augment, or train on both.",
    }[kind]
    return [Finding(kind, f"{shift.sentence()} {advice}") for shift in found if shift.large]
