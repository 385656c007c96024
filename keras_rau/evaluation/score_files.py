"""Scores as CSV and JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_rau.csv_rows import read_own_table
from keras_rau.csv_text import csv_text
from keras_rau.errors import DataError, RauError
from keras_rau.evaluation.summary import score_keys
from keras_rau.files import check_replaceable, write_text
from keras_rau.strangers import one_line


def write_json(result: dict[str, Any], path: Path | str) -> None:
    """Write a summary."""
    write_text(writable(path), json.dumps(result, indent=2) + "\n")


def write_csv(rows: Sequence[dict[str, Any]], path: Path | str) -> None:
    """Write the scores of every image; ids that begin like a formula get an apostrophe, which `read_csv` takes away."""
    write_text(writable(path), csv_text(["id", *score_keys(rows[0])], rows))


def read_csv(path: Path | str) -> list[dict[str, Any]]:
    """Read what `write_csv` wrote.

    Args:
        path: the file, or a run directory with a `scores.csv`.

    Raises:
        DataError: there is no such file, or it holds no scores.
    """
    path = Path(path)
    file = path / "scores.csv" if path.is_dir() else path
    if not file.exists():
        raise DataError(f"{file} does not exist. Write it with keras-rau evaluate --csv.")
    try:
        return [_numbers(row, f"{file}, line {line}") for line, row in read_own_table(file, ["id"])]
    except DataError as error:
        raise DataError(f"Not a table of scores as keras-rau evaluate --csv writes it: {error}") from error


def _numbers(row: dict[str, str], where: str) -> dict[str, Any]:
    try:
        return {key: value if key == "id" else float(value) for key, value in row.items()}
    except ValueError as error:
        raise DataError(f"{where}: {one_line(str(error))}.") from error


def writable(path: Path | str) -> Path:
    """Check that a file can be written, and make its folder; a file that is there stays as it is.

    Raises:
        RauError: it cannot.
    """
    path = Path(path)
    try:
        check_replaceable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        path.open("a").close()
        if new:
            path.unlink()
    except OSError as error:
        raise RauError(f"Cannot write {path}: {error.strerror}.") from error
    return path
