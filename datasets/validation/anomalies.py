"""What in a table disagrees with a schema, found by TFDV and said in plain words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from keras_rau.datasets.findings import Finding
from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.statistics import tfdv
from keras_rau.datasets.validation.table import Row


class Anomaly(NamedTuple):
    """A column that disagrees with a schema.

    Attributes:
        column: its name.
        problem: TFDV's name of the problem, such as `"Out-of-range values"`.
        detail: TFDV's sentence about it.
        ids: the samples concerned, where single rows are to blame.
    """

    column: str
    problem: str
    detail: str
    ids: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The anomaly, what the column means, and the first samples concerned."""
        meaning = f" ({COLUMNS[self.column].meaning})" if self.column in COLUMNS else ""
        named = ""
        if self.ids:
            more = f" and {len(self.ids) - 5} more" if len(self.ids) > 5 else ""
            named = f" Samples: {', '.join(self.ids[:5])}{more}."
        return f"{self.column}{meaning}: {self.problem.lower()}. {self.detail}{named}"


def find_anomalies(stats: Any, schema: Any, rows: Sequence[Row]) -> list[Anomaly]:
    """Compare statistics with a schema.

    Args:
        stats: statistics of the rows.
        schema: what they should be like.
        rows: the rows, to name those to blame.
    """
    found = []
    info = tfdv().validate_statistics(stats, schema).anomaly_info
    for name in sorted(info):
        ids = tuple(_to_blame(name, schema, rows))
        for reason in info[name].reason:
            found.append(Anomaly(name.strip("'"), reason.short_description, reason.description, ids))
    return found


def _to_blame(name: str, schema: Any, rows: Sequence[Row]) -> list[str]:
    features = {feature.name: feature for feature in schema.feature}
    if name not in features or name not in COLUMNS:
        return []
    feature, domains = features[name], {domain.name: set(domain.value) for domain in schema.string_domain}
    return [row["id"] for row in rows if not _fits(row[name], feature, domains)]


def _fits(value: Any, feature: Any, domains: dict[str, set[str]]) -> bool:
    if value is None:
        return feature.presence.min_fraction < 1
    kind = feature.WhichOneof("domain_info")
    if kind in ("int_domain", "float_domain"):
        domain = getattr(feature, kind)
        low = domain.min if domain.HasField("min") else value
        high = domain.max if domain.HasField("max") else value
        # A `float_domain` is stored with 32 bits.
        return low - 1e-6 * abs(low) <= value <= high + 1e-6 * abs(high)
    if kind == "domain":
        return value in domains.get(feature.domain, {value})
    return value in feature.string_domain.value if kind == "string_domain" else True


def anomaly_findings(anomalies: Sequence[Anomaly], schema: str) -> list[Finding]:
    """A finding for each anomaly."""
    return [
        Finding("schema_anomaly", f"Differs from the schema {schema}: {anomaly.sentence()}", None, anomaly.ids[0])
        if len(anomaly.ids) == 1
        else Finding("schema_anomaly", f"Differs from the schema {schema}: {anomaly.sentence()}")
        for anomaly in anomalies
    ]
