"""Rows of CSV text that somebody else wrote, or that a crash or a hand has changed."""

import csv
import io
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from keras_rau.csv_text import plain
from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_TABLE, one_line, read_text

Rows = list[tuple[int, list[str]]]


def csv_rows(text: str, name: Path | str, *, delimiter: str = ",") -> Rows:
    """Return the rows of CSV text that are not empty, each with the number of the line that it begins on.

    The first row says how many cells the others must have; empty ones at the end of a row, which some spreadsheets write, do
    not count. A row that is shorter or longer has lost a cell or gained one, so that its values may be those of other columns.

    Args:
        text: the table.
        name: what to call it in messages.
        delimiter: what stands between cells.

    Raises:
        DataError: a row has another number of cells, or a quote is never closed; the line is named.

    Example:
        >>> csv_rows("id,dice\\na,0.9\\n", "scores.csv")
        [(1, ['id', 'dice']), (2, ['a', '0.9'])]
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: Rows = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, _of_width(cells, rows, name, line)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {line} is no row of a table: {one_line(str(error))}.") from error
    return rows


def _of_width(cells: list[str], before: Rows, name: Path | str, line: int) -> list[str]:
    if not before:
        return cells[: _filled(cells)]
    width = len(before[0][1])
    if len(cells) < width or _filled(cells) > width:
        raise DataError(
            f"{name}, line {line} has {len(cells)} cell(s), and the first row has {width}: {one_line(', '.join(cells))}. Give "
            "each row as many cells as the first."
        )
    return cells[:width]


def _filled(cells: list[str]) -> int:
    return max(place for place, cell in enumerate(cells, start=1) if cell.strip())


def read_own_table(path: Path | str, columns: Collection[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a table that this package wrote by column, each with its line; apostrophes of `safe` are taken away.

    Args:
        path: the file.
        columns: columns that it must have.

    Raises:
        DataError: it cannot be read, lacks a column, has one twice, or see `csv_rows`.

    Example:
        >>> read_own_table("scores.csv", ["id"])
        [(2, {'id': 'a', 'dice': '0.9'})]
    """
    rows = csv_rows(read_text(path, LARGEST_TABLE), path)
    titles = [plain(cell) for cell in rows[0][1]] if rows else []
    missing = [name for name in columns if name not in titles]
    if missing:
        raise DataError(f"{path} has no column {missing[0]!r}. Its columns: {one_line(', '.join(titles)) or 'none'}")
    twice = [name for name, count in Counter(titles).items() if count > 1]
    if twice:
        raise DataError(f"{path} has two columns {one_line(twice[0])!r}.")
    return [(line, dict(zip(titles, map(plain, cells), strict=True))) for line, cells in rows[1:]]
