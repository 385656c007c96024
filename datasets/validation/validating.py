"""The whole validation of a data set."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_rau.datasets.classes.occurrence import absent_classes, occurrence
from keras_rau.datasets.findings import Finding
from keras_rau.datasets.reading.examination import between
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation import schemas
from keras_rau.datasets.validation.anomalies import anomaly_findings, find_anomalies
from keras_rau.datasets.validation.balance import balance, balance_findings, size_findings
from keras_rau.datasets.validation.outliers import find_outliers, outlier_findings
from keras_rau.datasets.validation.result import Validation, sorted_findings
from keras_rau.datasets.validation.shifts import shift_findings, shifts
from keras_rau.datasets.validation.statistics import MISSING, statistics, tfdv_installed
from keras_rau.datasets.validation.table import Measured, Row, measure_all
from keras_rau.errors import DataError, RauError

Sets = Mapping[str, Sequence[Sample]]
# Called with the name of a step, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


def validate(
    name: str,
    root: Path | str,
    options: Mapping[str, Any] | None = None,
    split: Callable[[list[Sample]], Sets] | None = None,
    against: str | None = None,
    compare_with: tuple[str, Path | str] | None = None,
    use_tfdv: bool = True,
    runner: str | None = None,
    runner_options: Sequence[str] = (),
    progress: Progress | None = None,
) -> Validation:
    """Look at every file of a data set and at all of them together.

    Pairing, decoding, masks, duplicates, leakage, balance and outliers need nothing but this package. Statistics, schema,
    drift and skew come from TFDV; without it `Validation.remarks` says so.

    Args:
        name: name of the source, see `names()`.
        root: its folder.
        options: further arguments of `load` for the source.
        split: gives train, val and test of the samples; `None`: the official sets, where the source has them.
        against: a schema, by name or as a file; `None`: the one that comes with the package for the source.
        compare_with: name and folder of another source, to be compared with this one.
        use_tfdv: `False` leaves out TFDV even where it is installed.
        runner: a Beam runner that measures the images; `None`: threads.
        runner_options: its options, `NAME=VALUE`.
        progress: called with the name of the step, how many images are done, and how many there are.

    Returns:
        Everything that was found. Nothing found in files raises.

    Raises:
        UsageError: a name, an option or the schema is unknown.
        RauError: what was asked for needs TFDV or Beam, which is not installed.

    Example:
        >>> validate("ph2", "PH2Dataset").counts()
        {'error': 0, 'warning': 0, 'note': 1}
    """
    use_tfdv = _usable(use_tfdv, against, compare_with)
    if against is not None:
        schemas.schema_path(against)
    result = Validation(name, str(root))
    measuring = _Measuring(use_tfdv, runner, runner_options, progress or (lambda *_: None), result.seconds)
    stats = measuring.add(result, name, root, options or {})
    _find_relations(result, split, measuring)
    if use_tfdv and result.rows:
        with _timed(result.seconds, "statistics"):
            _compute_statistics(result, stats, against or schemas.default_schema(name))
    elif not use_tfdv and not tfdv_installed():
        result.remarks.append(MISSING)
    if compare_with is not None and result.rows:
        _compare(result, compare_with, measuring)
    result.findings = sorted_findings(result.findings)
    return result


def _usable(use_tfdv: bool, against: str | None, compare_with: Any) -> bool:
    if use_tfdv and tfdv_installed():
        return True
    if against is not None or compare_with is not None:
        raise RauError(MISSING if use_tfdv else "A schema and a comparison need TFDV: do not leave it out.")
    return False


class _Measuring:
    """How images are measured, and where the time goes."""

    def __init__(
        self, use_tfdv: bool, runner: str | None, words: Sequence[str], progress: Progress, seconds: dict[str, float]
    ) -> None:
        self.use_tfdv, self.progress, self.seconds = use_tfdv, progress, seconds
        self.options = None
        if runner is not None:
            from keras_rau.datasets.beam_options import beam_options

            self.options = beam_options(runner, words)

    def add(self, result: Validation, name: str, root: Path | str, options: Mapping[str, Any]) -> Any:
        """Measure a source into `result`; returns the statistics that Beam has computed on the way, or `None`."""
        from keras_rau.datasets.sources.registry import survey

        with _timed(self.seconds, "survey"):
            listing = survey(name, root, **options)
        with _timed(self.seconds, "images"):
            measured, stats = self._measure(listing.samples)
        result.samples, result.rows = list(listing.samples), [one.row for one in measured]
        examinations = [one.examination for one in measured]
        result.findings += [*listing.findings, *(found for one in examinations for found in one.findings)]
        result.findings += between(examinations) + absent_classes(examinations)
        result.classes = occurrence(examinations)
        return stats

    def _measure(self, samples: Sequence[Sample]) -> tuple[list[Measured], Any]:
        if self.options is not None and samples:
            from keras_rau.datasets.validation.beam import measure_on_beam

            return measure_on_beam(samples, self.options, self.use_tfdv)
        return list(measure_all(samples, counting(self.progress, "images", len(samples)))), None


def counting(progress: Progress, step: str, total: int) -> Callable[[], None]:
    """A function without arguments that reports one more of a step at each call."""
    done = 0

    def more() -> None:
        nonlocal done
        done += 1
        progress(step, done, total)

    return more


def _find_relations(result: Validation, split: Callable[[list[Sample]], Sets] | None, measuring: _Measuring) -> None:
    """Sets, duplicates, leakage, balance, outliers: what only all samples together show."""
    from keras_rau.datasets.splitting.duplicates import near_duplicates
    from keras_rau.datasets.splitting.leaking import leakage

    sets = _sets(result, split)
    result.sets = {name: [sample.id for sample in chosen] for name, chosen in sets.items()}
    of = {i: name for name, ids in result.sets.items() for i in ids}
    for row in result.rows:
        row["split"] = of.get(row["id"]) if sets else row["split"]
    readable = {row["id"] for row in result.rows if row["width"]}
    samples = [sample for sample in result.samples if sample.id in readable]
    with _timed(measuring.seconds, "duplicates"):
        pairs = near_duplicates(samples, progress=counting(measuring.progress, "duplicates", len(samples)))
        result.duplicates = [tuple(pair) for pair in pairs]
    result.findings += duplicate_findings(
        result.duplicates, result.samples, {found.sample for found in result.findings if found.kind == "same_picture"}
    )
    if sets:
        result.findings += leakage(sets, pairs)
    parts = {"all": result.rows} | {name: _of_set(result.rows, name) for name in result.sets}
    result.balances = [balance(name, rows) for name, rows in parts.items()]
    result.outliers = find_outliers(result.rows)
    result.findings += balance_findings(result.balances) + size_findings(result.rows, result.samples)
    result.findings += outlier_findings(result.outliers, result.samples)


def _sets(result: Validation, split: Callable[[list[Sample]], Sets] | None) -> dict[str, list[Sample]]:
    if split is None:
        known = {name: [s for s in result.samples if s.split == name] for name in ("train", "val", "test")}
        return {name: chosen for name, chosen in known.items() if chosen}
    try:
        return {name: list(chosen) for name, chosen in split(result.samples).items() if chosen}
    except DataError as error:
        if result.errors:
            result.remarks.append(
                f"The sets were not checked; put the errors right first. ({str(error).splitlines()[0]})"
            )
        else:
            result.findings.append(Finding("split_unusable", " ".join(str(error).split())))
        return {}


def duplicate_findings(
    pairs: Sequence[tuple[str, str, float]], samples: Sequence[Sample], named: Collection[str] = ()
) -> list[Finding]:
    """A warning for each pair of near duplicates that no group of the source ties together yet.

    Args:
        pairs: ids and distances.
        samples: the samples.
        named: ids that a finding of the same picture names already.
    """
    groups = {sample.id: sample.group for sample in samples}
    paths = {sample.id: sample.image for sample in samples}
    return [
        Finding(
            "near_duplicate",
            f"{a} and {b} show nearly the same picture (distance {distance:.2f}). Keep them in one set "
            "(train: --set data.near_duplicates=find).",
            paths[a],
            a,
        )
        for a, b, distance in pairs
        if groups[a] != groups[b] and not (a in named and distance == 0)
    ]


def _of_set(rows: Sequence[Row], name: str) -> list[Row]:
    return [row for row in rows if row["split"] == name]


def _compute_statistics(result: Validation, stats: Any, schema: str) -> None:
    result.schema_name, result.schema = schema, schemas.read_schema(schema)
    # What cannot be read or used is said already; its empty cells would only be told again as anomalies.
    wrong = {finding.sample for finding in result.errors}
    rows = [row for row in result.rows if row["id"] not in wrong]
    if not rows:
        return
    result.statistics = {"all": statistics(rows) if stats is None or wrong else stats}
    result.statistics |= {name: statistics(chosen) for name in result.sets if (chosen := _of_set(rows, name))}
    result.anomalies = find_anomalies(result.statistics["all"], result.schema, rows)
    if result.classes:
        # Schemas know masks of one lesion class; what values of class masks may be is stated by `classes`.
        result.anomalies = [anomaly for anomaly in result.anomalies if anomaly.column != "mask_values"]
    result.findings += anomaly_findings(result.anomalies, schema)
    first, *others = result.sets or [None]
    for other in others:
        parts = _of_set(result.rows, first), _of_set(result.rows, other)
        found = shifts(*parts, (first, other), result.schema)
        result.shifts += found
        result.findings += shift_findings("drift", found)


def _compare(result: Validation, other: tuple[str, Path | str], measuring: _Measuring) -> None:
    second = Validation(other[0], str(other[1]))
    stats = measuring.add(second, other[0], other[1], {})
    if not second.rows:
        raise DataError(f"There is nothing to compare with in {other[1]}: {second.findings[0].message}")
    with _timed(measuring.seconds, "statistics"):
        stats = statistics(second.rows) if stats is None else stats
        found = shifts(result.rows, second.rows, (result.dataset, other[0]), result.schema)
    result.compared_with, result.other_rows = other[0], second.rows
    result.statistics[f"other_{other[0]}"] = stats
    result.shifts += found
    result.findings += shift_findings("skew", found)
    broken = [finding for finding in second.findings if finding.severity == "error"]
    if broken:
        result.remarks.append(
            f"{other[1]} has {len(broken)} error(s) of its own: keras-rau validate --dataset {other[0]}"
        )


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[step] = round(seconds.get(step, 0.0) + time.monotonic() - started, 2)
