"""What a validation found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from keras_rau.datasets.findings import KINDS, Finding, errors
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.anomalies import Anomaly
from keras_rau.datasets.validation.balance import Balance
from keras_rau.datasets.validation.outliers import Outlier
from keras_rau.datasets.validation.shifts import Shift
from keras_rau.datasets.validation.table import Row

_ORDER = ("error", "warning", "note")


@dataclass
class Validation:
    """Everything `validate` found about a data set.

    Attributes:
        dataset: name of the source.
        root: its folder, as text.
        samples: the samples.
        rows: the table, one row per sample.
        findings: what is wrong, doubtful or worth knowing; errors first.
        balances: classes and areas of all images, then of each set.
        outliers: values far from the others.
        duplicates: pairs of ids of near duplicates and their distance.
        sets: ids of train, val and test, where a split is known.
        schema_name: the schema the table was held against, or `None`.
        schema: that schema, a TFDV message, or `None`.
        statistics: TFDV's statistics by set, `"all"` first; `{}` without TFDV.
        anomalies: what differs from the schema.
        shifts: how differently columns are spread between sets, and from the other data set.
        compared_with: name of the other data set, or `None`.
        other_rows: its table.
        remarks: what was not done, and why.
        seconds: how long it took, by step.
        classes: of masks of several classes, in how many images each occurs and what share of them it covers.
    """

    dataset: str
    root: str
    samples: list[Sample] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    outliers: list[Outlier] = field(default_factory=list)
    duplicates: list[tuple[str, str, float]] = field(default_factory=list)
    sets: dict[str, list[str]] = field(default_factory=dict)
    schema_name: str | None = None
    schema: Any = None
    statistics: dict[str, Any] = field(default_factory=dict)
    anomalies: list[Anomaly] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    compared_with: str | None = None
    other_rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a training."""
        return errors(self.findings)

    @property
    def clean(self) -> bool:
        """Whether there are neither errors nor differences from the schema."""
        return not self.errors and not self.anomalies

    def counts(self) -> dict[str, int]:
        """Number of findings by severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in _ORDER}

    def by_kind(self) -> dict[str, list[Finding]]:
        """Findings by kind, kinds of errors first."""
        kinds = sorted(
            dict.fromkeys(finding.kind for finding in self.findings), key=lambda kind: _ORDER.index(KINDS[kind])
        )
        return {kind: [finding for finding in self.findings if finding.kind == kind] for kind in kinds}

    def to_dict(self) -> dict[str, Any]:
        """Counts, findings, balances, anomalies and shifts as plain values for JSON."""
        return {
            "dataset": self.dataset,
            "root": self.root,
            "n_images": len(self.rows),
            "sets": {name: len(ids) for name, ids in self.sets.items()},
            "clean": self.clean,
            "counts": self.counts(),
            "findings": [finding_fields(finding) for finding in self.findings],
            "balances": [vars(balance) for balance in self.balances],
            "duplicates": [list(pair) for pair in self.duplicates],
            "schema": self.schema_name,
            "anomalies": [anomaly._asdict() for anomaly in self.anomalies],
            "shifts": [{**shift._asdict(), "large": shift.large} for shift in self.shifts],
            "compared_with": self.compared_with,
            "remarks": self.remarks,
            "seconds": self.seconds,
            **({"classes": self.classes} if self.classes else {}),
        }


def finding_fields(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "severity": finding.severity,
        "kind": finding.kind,
        "sample": finding.sample,
        "path": None if finding.path is None else str(finding.path),
        "message": f"{finding.message} {finding.remedy}".rstrip(),
    }


def sorted_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, then warnings, then notes; within these as they came, each once."""
    return sorted(dict.fromkeys(findings), key=lambda finding: _ORDER.index(finding.severity))
