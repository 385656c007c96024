"""The report as one HTML page without anything from the network, and the files beside it."""

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keras_rau.csv_text import csv_text
from keras_rau.datasets.validation.report.content import content
from keras_rau.datasets.validation.result import Validation, finding_fields
from keras_rau.datasets.validation.table import write_table
from keras_rau.environment import versions
from keras_rau.errors import RauError
from keras_rau.files import is_free, whole_folder, write_text

_TEMPLATES = Path(__file__).parent / "templates"
_CONTENTS = {
    "summary": "Summary",
    "findings": "Findings",
    "balance": "Classes and areas",
    "distributions": "Distributions",
    "outliers": "Outliers",
    "duplicates": "Near duplicates",
    "leakage": "Leakage",
    "schema": "Schema",
    "shifts": "Drift and skew",
    "made": "How it was made",
}
_PACKAGES = ("keras-rau", "numpy", "opencv-python-headless", "pillow", "tensorflow-data-validation", "apache-beam")


def page(result: Validation, command: str = "") -> str:
    """The report as HTML text; images and charts are inside it."""
    # Every text of the data is escaped; what charts draw is Markup.
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = figure
    environment.tests["figure"] = is_figure
    made = _made(result, command)
    return environment.get_template("report.html").render(contents=_CONTENTS, made=made, **content(result))


def is_figure(value: Any) -> bool:
    """Return whether a cell of a table is a number, set to the right."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def figure(value: float) -> str:
    """A number as tables show it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _made(result: Validation, command: str) -> list[tuple[str, str]]:
    installed = versions(_PACKAGES)
    return [
        ("command", command or "datasets.validate"),
        ("when", datetime.now().astimezone().isoformat(timespec="seconds")),
        ("time", ", ".join(f"{step} {seconds:.1f} s" for step, seconds in result.seconds.items())),
        *((name, installed.get(name, "not installed")) for name in ("python", *_PACKAGES)),
    ]


def write_report(result: Validation, folder: Path | str, command: str | None = None) -> Path:
    """Write `report.html` and the files it was made from.

    These are `table.csv`, `findings.csv`, `validation.json`, `duplicates.csv`, and with TFDV `schema.pbtxt`,
    `statistics_<set>.pbtxt` and `anomalies.json`. A new folder is there at once or not at all; in an old one files of these
    names are written over.

    Args:
        result: what `validate` returned.
        folder: where to write; made when it is new.
        command: the command to name; the one of this process when `None`.

    Returns:
        The path of `report.html`.

    Raises:
        RauError: the folder cannot be written.

    Example:
        >>> write_report(validate("ph2", "PH2Dataset"), "ph2_report")
    """
    folder = Path(folder)
    text = page(result, " ".join(sys.argv) if command is None else command)
    # Beside the new folder first: what a kill or a full disk leaves must not be taken for a report.
    new = is_free(folder) and folder.name not in ("", "..")
    try:
        with whole_folder(folder) if new else nullcontext(folder) as part:
            _write_files(result, text, part)
    except (OSError, RauError) as error:
        cause = error.__cause__ if isinstance(error, RauError) else error
        raise RauError(
            f"Cannot write the report into {folder}: {getattr(cause, 'strerror', None) or error}."
        ) from error
    return folder / "report.html"


def _write_files(result: Validation, text: str, folder: Path) -> None:
    _write_rows(folder / "findings.csv", [finding_fields(finding) for finding in result.findings], _FIELDS)
    pairs = [{"id_a": a, "id_b": b, "distance": round(distance, 4)} for a, b, distance in result.duplicates]
    _write_rows(folder / "duplicates.csv", pairs, ("id_a", "id_b", "distance"))
    _write_json(folder / "validation.json", result.to_dict())
    write_table(result.rows, folder / "table.csv")
    if result.statistics:
        _write_tfdv(result, folder)
    write_text(folder / "report.html", text)


_FIELDS = ("severity", "kind", "sample", "path", "message")


def _write_rows(path: Path, rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> None:
    write_text(path, csv_text(fields, rows))


def _write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_tfdv(result: Validation, folder: Path) -> None:
    from keras_rau.datasets.validation.schemas import write_schema
    from keras_rau.datasets.validation.statistics import write_statistics

    write_schema(result.schema, folder / "schema.pbtxt")
    write_statistics(result.statistics, folder)
    found = {
        "anomalies": [one._asdict() for one in result.anomalies],
        "shifts": [one._asdict() for one in result.shifts],
    }
    _write_json(folder / "anomalies.json", found)
