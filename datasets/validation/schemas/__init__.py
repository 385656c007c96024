"""Schemas of the table: those that come with the package, those of the user, and those inferred from data."""

from pathlib import Path
from typing import Any

from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.statistics import tfdv
from keras_rau.datasets.validation.table import Row
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.suggestion import did_you_mean

_FOLDER = Path(__file__).parent
# How much wider than the values seen an inferred range is, as a share of their span.
_MARGIN = 0.1


def schema_names() -> list[str]:
    """Names of the schemas that come with the package."""
    return sorted(path.stem for path in _FOLDER.glob("*.pbtxt"))


def schema_path(schema: str) -> Path:
    """File of a schema: one of `schema_names()`, or a path.

    Raises:
        DataError: the file does not exist.
        UsageError: it is neither a known name nor looks like a path.
    """
    if schema in schema_names():
        return _FOLDER / f"{schema}.pbtxt"
    path = Path(schema)
    if path.is_file():
        return path
    if path.suffix or path.parent != Path():
        raise DataError(f"The schema {path} does not exist. Write one with --write-schema.")
    hint = did_you_mean(schema, schema_names())
    raise UsageError(f"Unknown schema. {hint}Known: {', '.join(schema_names())}, or a file. Received: {schema!r}")


def default_schema(source: str) -> str:
    """Name of the schema that samples of a source are held against."""
    return source if source in schema_names() else "folder"


def read_schema(schema: str) -> Any:
    """Read a schema by name or path.

    Raises:
        DataError: the file is missing or no schema.
    """
    path = schema_path(schema)
    try:
        return tfdv().load_schema_text(str(path))
    except Exception as error:
        raise DataError(f"{path} is not a schema of TFDV in text form: {str(error).splitlines()[0]}") from error


def infer_schema(stats: Any, rows: list[Row]) -> Any:
    """Infer a schema from data: types, presence, values of text columns, and ranges a little wider than those seen.

    Args:
        stats: statistics of the rows.
        rows: the rows.
    """
    schema = tfdv().infer_schema(stats)
    for feature in schema.feature:
        column = COLUMNS[feature.name]
        values = [row[feature.name] for row in rows if row[feature.name] is not None]
        if not column.numeric or not values:
            continue
        margin = _MARGIN * (max(values) - min(values))
        low = max(min(values) - margin, column.low if column.low is not None else min(values))
        high = max(values) + margin if column.high is None else min(max(values) + margin, column.high)
        if column.type == "whole":
            feature.int_domain.min, feature.int_domain.max = int(low), -int(-high // 1)
        else:
            feature.float_domain.min, feature.float_domain.max = float(low), float(high)
    return schema


def write_schema(schema: Any, path: Path) -> None:
    """Write a schema as text that `read_schema` and TFDV read."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tfdv().write_schema_text(schema, str(path))
    except Exception as error:
        raise RauError(f"Cannot write the schema {path}: {error}") from error
