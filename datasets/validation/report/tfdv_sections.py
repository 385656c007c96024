"""The sections of the report on what TFDV found: differences from the schema, drift and skew."""

from keras_rau.datasets.validation.report.parts import paragraph, section, table
from keras_rau.datasets.validation.result import Validation


def anomalies(result: Validation) -> str:
    """What differs from the schema."""
    if result.schema_name is None:
        return section(
            "schema", "Schema", paragraph("Not compared: " + (" ".join(result.remarks) or "TFDV was left out."))
        )
    explained = paragraph(
        f"The schema {result.schema_name} says which values each column may have. What lies outside is named here; it is "
        "wrong, or the schema is too narrow for this data.",
        "dim",
    )
    if not result.anomalies:
        return section("schema", "Schema", explained, paragraph("Everything is as the schema says."))
    rows = [
        [
            one.column,
            one.problem,
            one.detail,
            len(one.ids) or None,
            ", ".join(one.ids[:8]) + (" …" if len(one.ids) > 8 else ""),
        ]
        for one in result.anomalies
    ]
    heads = ["column", "problem", "what TFDV says", "samples", "which"]
    return section("schema", "Schema", explained, table(f"Differences from {result.schema_name}", heads, rows))


def shifts(result: Validation) -> str:
    """Drift between sets and skew between data sets."""
    explained = paragraph(
        "How differently a column is spread in two sets, from 0 (alike) to 1 (nothing in common): the Jensen-Shannon "
        "divergence of numbers in bins of deciles, the L-infinity distance (largest difference of a share) of texts. The "
        "threshold grows for small sets, which differ by chance.",
        "dim",
    )
    if not result.shifts:
        text = (
            "Nothing to compare: no split is known and no other data set was named (--split-dir, --compare-with)."
            if result.schema_name is not None
            else "Not measured: it needs TFDV."
        )
        return section("shifts", "Drift and skew", paragraph(text))
    content = [explained]
    for pair in dict.fromkeys(shift.between for shift in result.shifts):
        ours = [shift for shift in result.shifts if shift.between == pair]
        rows = [
            [one.column, one.measure, one.value, one.threshold, "differs" if one.large else "alike"] for one in ours
        ]
        large = sum(one.large for one in ours)
        caption = f"{pair[0]} and {pair[1]}: {large} of {len(ours)} columns differ"
        content.append(table(caption, ["column", "measure", "value", "threshold", "verdict"], rows))
    return section("shifts", "Drift and skew", *content)
