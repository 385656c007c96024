"""The sections of the report that show images: outliers, near duplicates, leakage."""

from html import escape

from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.report.parts import paragraph, section
from keras_rau.datasets.validation.report.pictures import Pictures
from keras_rau.datasets.validation.result import Validation

_PER_COLUMN, _CLUSTERS, _PER_CLUSTER = 6, 40, 6


def outliers(result: Validation, pictures: Pictures) -> str:
    """The farthest outliers of each column."""
    if not result.outliers:
        return section("outliers", "Outliers", paragraph("No value lies far from the others."))
    content = [
        paragraph(
            "Images whose value is more than five robust standard deviations from the middle one. They need not be wrong: "
            "look at them.",
            "dim",
        )
    ]
    for column in dict.fromkeys(outlier.column for outlier in result.outliers):
        ours = [outlier for outlier in result.outliers if outlier.column == column]
        figures = "".join(
            pictures.figure(one.id, f"{column} {one.value:.4g} (z {one.score:+.1f})") for one in ours[:_PER_COLUMN]
        )
        more = f", the farthest {_PER_COLUMN} of {len(ours)}" if len(ours) > _PER_COLUMN else ""
        about = paragraph(f"{COLUMNS[column].meaning}; the middle image has {ours[0].median:.4g}", "dim")
        content.append(f'<h3>{column}{more}</h3>{about}<div class="grid">{figures}</div>')
    return section("outliers", "Outliers", *content)


def clusters(pairs: list[tuple[str, str, float]]) -> list[list[str]]:
    """Ids joined by pairs of near duplicates, the largest group first.

    Example:
        >>> clusters([("a", "b", 0.1), ("c", "b", 0.2)])
        [['a', 'b', 'c']]
    """
    group: dict[str, list[str]] = {}
    for a, b, _ in pairs:
        joined = sorted({*group.get(a, [a]), *group.get(b, [b])})
        group.update(dict.fromkeys(joined, joined))
    unique = {tuple(members) for members in group.values()}
    return [list(members) for members in sorted(unique, key=lambda members: (-len(members), members))]


def duplicates(result: Validation, pictures: Pictures) -> str:
    """Groups of near duplicates side by side."""
    found = clusters(result.duplicates)
    if not found:
        return section("duplicates", "Near duplicates", paragraph("None."))
    sets = {i: name for name, ids in result.sets.items() for i in ids}
    groups = {sample.id: sample.group for sample in result.samples}
    explained = paragraph(
        f"{len(found)} group(s) of images that show nearly the same picture. Keep each in one set.", "dim"
    )
    content = []
    for members in found[:_CLUSTERS]:
        figures = "".join(pictures.figure(name, _about(name, sets, groups)) for name in members[:_PER_CLUSTER])
        more = f"<p>and {len(members) - _PER_CLUSTER} more</p>" if len(members) > _PER_CLUSTER else ""
        content.append(f'<div class="cluster">{figures}{more}</div>')
    if len(found) > _CLUSTERS:
        content.append(paragraph(f"Pairs of {len(found) - _CLUSTERS} more groups are in duplicates.csv."))
    return section("duplicates", "Near duplicates", explained, f'<div class="grid">{"".join(content)}</div>')


def _about(name: str, sets: dict[str, str], groups: dict[str, str]) -> str:
    words = [f"in {sets[name]}"] if name in sets else []
    words += [f"group {groups[name]}"] if groups.get(name, name) != name else []
    return ", ".join(words)


def leakage(result: Validation) -> str:
    """What one set has in common with another."""
    found = [finding for finding in result.findings if finding.kind == "leakage"]
    if not result.sets:
        text = "No split is known, so nothing can leak. Name one with --split-dir or --official-split."
        return section("leakage", "Leakage between sets", paragraph(text))
    lines = "".join(f"<li>{escape(finding.message)}</li>" for finding in found[:100])
    more = paragraph(f"{len(found) - 100} more are in findings.csv.") if len(found) > 100 else ""
    return section("leakage", "Leakage between sets", f"<ul>{lines}</ul>{more}" if found else paragraph("None."))
