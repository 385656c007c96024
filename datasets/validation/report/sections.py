"""The sections of the report that show findings, sets and distributions."""

from collections import Counter
from html import escape

from keras_rau.datasets.validation.columns import COLUMNS, NOT_STATISTICS
from keras_rau.datasets.validation.report.charts import bars, histogram, legend
from keras_rau.datasets.validation.report.parts import paragraph, section, table
from keras_rau.datasets.validation.result import Validation
from keras_rau.datasets.validation.table import Row

_ROWS_PER_KIND = 200


def summary(result: Validation) -> str:
    """Counts, and what was not done."""
    counts = result.counts()
    cards = [f'<div class="card"><b>{len(result.rows):,}</b>images</div>']
    for severity, count in counts.items():
        kind = severity if count else "dim"
        cards.append(f'<div class="card"><b class="{kind}">{count:,}</b>{severity}{"" if count == 1 else "s"}</div>')
    if result.schema_name is not None:
        kind = "warning" if result.anomalies else "dim"
        differences = f'<b class="{kind}">{len(result.anomalies)}</b>differences from the schema'
        cards.append(f'<div class="card">{differences}</div>')
    verdict = (
        "Nothing stands against a training."
        if result.clean
        else "Errors stop a training; differences from the schema are worth a look before one."
    )
    remarks = "".join(paragraph(remark, "dim") for remark in result.remarks)
    return section("summary", "Summary", f'<div class="cards">{"".join(cards)}</div>', paragraph(verdict), remarks)


def findings(result: Validation) -> str:
    """All findings in a table that can be filtered."""
    if not result.findings:
        return section("findings", "Findings", paragraph("None."))
    lines, hidden = [], 0
    for kind, found in result.by_kind().items():
        hidden += max(0, len(found) - _ROWS_PER_KIND)
        for finding in found[:_ROWS_PER_KIND]:
            name = finding.severity
            lines.append(
                f'<tr data-severity="{name}"><td class="{name}">{name}</td><td>{kind}</td>'
                f"<td>{escape(finding.sample or '')}</td><td>{escape(finding.message)}</td></tr>"
            )
    boxes = "".join(
        f'<label class="{name}"><input type="checkbox" data-severity="{name}" checked> {name}s ({count})</label>'
        for name, count in result.counts().items()
        if count
    )
    more = (
        paragraph(f"{hidden} more of kinds with over {_ROWS_PER_KIND} findings are in findings.csv.") if hidden else ""
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("severity", "kind", "sample", "what it is, what to do"))
    return section(
        "findings",
        "Findings",
        '<div class="filters"><label>Filter <input type="search" id="words"></label>'
        f'{boxes}<span id="shown" class="dim" aria-live="polite"></span></div>'
        '<div class="wide"><table id="findings-table"><caption>Errors first</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>{more}",
    )


def balances(result: Validation) -> str:
    """Classes and areas of all images and of each set."""
    rows = []
    for part in result.balances:
        ratio = part.background_per_lesion
        rows.append(
            [
                part.set,
                part.images,
                None if part.lesion_share is None else f"{part.lesion_share:.1%}",
                None if ratio is None else f"1 : {ratio:.1f}",
                None if part.median_fraction is None else f"{part.median_fraction:.1%}",
                part.small,
                part.large,
            ]
        )
    heads = [
        "set",
        "images",
        "lesion, of all pixels",
        "lesion : background",
        "lesion in the middle image",
        "< 5 %",
        "> 95 %",
    ]
    content = [table("Area: how much of the images is lesion", heads, rows)]
    names = list(result.balances[0].diagnoses) if result.balances else []
    if names != ["unknown"]:
        counted = [
            [
                name,
                *(
                    f"{p.diagnoses.get(name, 0):,} ({p.diagnoses.get(name, 0) / max(p.images, 1):.1%})"
                    for p in result.balances
                ),
            ]
            for name in names
        ]
        content.append(table("Classes: images by diagnosis", ["diagnosis", *(p.set for p in result.balances)], counted))
    return section("balance", "Sets, classes and areas", *content)


def distributions(result: Validation) -> str:
    """One chart for each column, the sets over one another."""
    parts = _parts(result)
    if not parts:
        return ""
    charts = []
    for name, column in COLUMNS.items():
        if name in NOT_STATISTICS:
            continue
        known = {part: [row[name] for row in rows if row[name] is not None] for part, rows in parts.items()}
        known = {part: values for part, values in known.items() if values}
        if not known:
            continue
        different = {value for values in known.values() for value in values}
        if column.numeric and len(different) > 2:
            chart = histogram(f"Distribution of {name}", known, log=column.outliers == "log")
        else:
            shares = {part: _shares(list(map(str, values))) for part, values in known.items()}
            chart = bars(f"Shares of {name}", shares)
        scale = " Log scale." if column.numeric and column.outliers == "log" and len(different) > 2 else ""
        caption = f"<figcaption><b>{name}</b>: {escape(column.meaning)}.{scale}</figcaption>"
        charts.append(f'<figure class="chart">{chart}{caption}</figure>')
    explained = paragraph("Each set is drawn as shares of itself, so that small and large sets compare.", "dim")
    return section(
        "distributions", "Distributions", explained, legend(list(parts)), f'<div class="grid">{"".join(charts)}</div>'
    )


def _parts(result: Validation) -> dict[str, list[Row]]:
    parts = {name: [row for row in result.rows if row["split"] == name] for name in result.sets}
    parts = {name: rows for name, rows in parts.items() if rows} or {result.dataset: result.rows}
    if result.other_rows:
        parts[f"{result.compared_with} (other)"] = result.other_rows
    return parts if result.rows else {}


def _shares(values: list[str]) -> dict[str, float]:
    return {value: count / len(values) for value, count in Counter(values).items()}
