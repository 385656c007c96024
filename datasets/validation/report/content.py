"""Tables, charts and lists that the template of the report lays out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from keras_rau.datasets.validation.columns import COLUMNS, NOT_STATISTICS
from keras_rau.datasets.validation.report.charts import bars, histogram
from keras_rau.datasets.validation.report.pictures import Pictures
from keras_rau.datasets.validation.result import Validation
from keras_rau.datasets.validation.table import Row

# How much of each section is shown; the files beside the page hold the rest.
_LIMITS = {"rows_per_kind": 200, "per_column": 6, "most_clusters": 40, "per_cluster": 6, "most_leaks": 100}
_AREA_HEADS = (
    "set",
    "images",
    "lesion, of all pixels",
    "lesion : background",
    "lesion in the middle image",
    "< 5 %",
    "> 95 %",
)


def content(result: Validation) -> dict[str, Any]:
    """Return the variables of `templates/report.html`."""
    parts = _parts(result)
    found = clusters(result.duplicates)
    return {
        **_LIMITS,
        "result": result,
        "columns": COLUMNS,
        "pictures": Pictures(result.samples),
        "hidden": sum(max(0, len(each) - _LIMITS["rows_per_kind"]) for each in result.by_kind().values()),
        "area_heads": _AREA_HEADS,
        "areas": [_area(part) for part in result.balances],
        "diagnosis_heads": ["diagnosis", *(part.set for part in result.balances)],
        "diagnoses": _diagnoses(result),
        "parts": parts,
        "charts": _charts(parts),
        "outliers": {
            column: [one for one in result.outliers if one.column == column]
            for column in dict.fromkeys(outlier.column for outlier in result.outliers)
        },
        "clusters": found,
        "places": _places(result, found),
        "leakage": [finding for finding in result.findings if finding.kind == "leakage"],
        "anomalies": [
            [
                one.column,
                one.problem,
                one.detail,
                len(one.ids) or None,
                ", ".join(one.ids[:8]) + (" …" if len(one.ids) > 8 else ""),
            ]
            for one in result.anomalies
        ],
        "shifts": _shifts(result),
    }


def _area(part: Any) -> list[Any]:
    ratio = part.background_per_lesion
    return [
        part.set,
        part.images,
        None if part.lesion_share is None else f"{part.lesion_share:.1%}",
        None if ratio is None else f"1 : {ratio:.1f}",
        None if part.median_fraction is None else f"{part.median_fraction:.1%}",
        part.small,
        part.large,
    ]


def _diagnoses(result: Validation) -> list[list[str]]:
    names = list(result.balances[0].diagnoses) if result.balances else []
    if names == ["unknown"]:
        return []

    def counted(part: Any, name: str) -> str:
        count = part.diagnoses.get(name, 0)
        return f"{count:,} ({count / max(part.images, 1):.1%})"

    return [[name, *(counted(part, name) for part in result.balances)] for name in names]


def _parts(result: Validation) -> dict[str, list[Row]]:
    """Rows of the table by what is drawn over one another: the sets, and another data set."""
    parts = {name: [row for row in result.rows if row["split"] == name] for name in result.sets}
    parts = {name: rows for name, rows in parts.items() if rows} or {result.dataset: result.rows}
    if result.other_rows:
        parts[f"{result.compared_with} (other)"] = result.other_rows
    return parts if result.rows else {}


def _charts(parts: dict[str, list[Row]]) -> list[dict[str, Any]]:
    """One chart for each column of which something is known."""
    charts = []
    for name, column in COLUMNS.items():
        if name in NOT_STATISTICS:
            continue
        known = {part: [row[name] for row in rows if row[name] is not None] for part, rows in parts.items()}
        known = {part: values for part, values in known.items() if values}
        if not known:
            continue
        different = {value for values in known.values() for value in values}
        numbers = column.numeric and len(different) > 2
        log = numbers and column.outliers == "log"
        if numbers:
            svg = histogram(f"Distribution of {name}", known, log=log)
        else:
            svg = bars(f"Shares of {name}", {part: _shares(list(map(str, values))) for part, values in known.items()})
        charts.append({"name": name, "meaning": column.meaning, "log": log, "svg": svg})
    return charts


def _shares(values: list[str]) -> dict[str, float]:
    return {value: count / len(values) for value, count in Counter(values).items()}


def clusters(pairs: Sequence[tuple[str, str, float]]) -> list[list[str]]:
    """Ids joined by pairs of near duplicates, the largest group first.

    Example:
        >>> clusters([("a", "b", 0.1), ("c", "b", 0.2)])
        [['a', 'b', 'c']]
    """
    from scipy.cluster.hierarchy import DisjointSet

    joined = DisjointSet(name for a, b, _ in pairs for name in (a, b))
    for a, b, _ in pairs:
        joined.merge(a, b)
    return sorted(map(sorted, joined.subsets()), key=lambda members: (-len(members), members))


def _places(result: Validation, found: list[list[str]]) -> dict[str, str]:
    """Set and group of each near duplicate."""
    sets = {name: part for part, ids in result.sets.items() for name in ids}
    groups = {sample.id: sample.group for sample in result.samples}

    def place(name: str) -> str:
        words = [f"in {sets[name]}"] if name in sets else []
        return ", ".join([*words, *([f"group {groups[name]}"] if groups.get(name, name) != name else [])])

    return {name: place(name) for members in found for name in members}


def _shifts(result: Validation) -> dict[str, list[list[Any]]]:
    """Rows of the tables of shifts, by caption."""
    tables = {}
    for pair in dict.fromkeys(shift.between for shift in result.shifts):
        ours = [shift for shift in result.shifts if shift.between == pair]
        large = sum(one.large for one in ours)
        tables[f"{pair[0]} and {pair[1]}: {large} of {len(ours)} columns differ"] = [
            [one.column, one.measure, one.value, one.threshold, "differs" if one.large else "alike"] for one in ours
        ]
    return tables
