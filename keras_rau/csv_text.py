"""Tables as CSV text that is safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import Any

# What spreadsheets take for the beginning of a formula, their full-width forms included; apostrophes before it are ours,
# or belong to a text that would be mistaken for one of ours.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def safe(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: text that begins like a formula gets an apostrophe in front.

    Numbers and `None` stay as they are. Bytes of a file name that are not UTF-8 are written as `\\xff`.

    Example:
        >>> safe("=1+1.jpg"), safe(-0.5)
        ("'=1+1.jpg", -0.5)
    """
    if value is None or isinstance(value, Number):
        return value
    text = printable(str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def plain(text: str) -> str:
    """Return the text that `safe` made a cell of.

    Example:
        >>> plain("'=1+1.jpg"), plain("'tis.jpg")
        ('=1+1.jpg', "'tis.jpg")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def printable(text: str) -> str:
    """Return text that can be encoded: bytes of a file name that are not UTF-8 become `\\xff`."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table as CSV: a line of `columns`, then one for each row; what a row does not hold is empty.

    Example:
        >>> csv_text(["id", "dice"], [{"id": "a", "dice": 0.9}])
        'id,dice\\r\\na,0.9\\r\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe(column) for column in columns])
    writer.writerows([safe(row.get(column, "")) for column in columns] for row in rows)
    return text.getvalue()
