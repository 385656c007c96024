"""PH2_dataset.txt and PH2_dataset.xlsx: what dermatologists saw in every image of PH2."""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.tables import Table, add_row, decode
from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_TABLE, one_line, read_bytes

# That of PH2 has 40 kB, 200 rows below some of heading, and 17 columns.
_LARGEST_WORKBOOK, _LARGEST_UNPACKED = 16 << 20, 64 << 20
_MOST_ROWS, _MOST_COLUMNS = 2000, 50
_ID = re.compile(r"IMD\d+", re.IGNORECASE)
_DIAGNOSES = ("common_nevus", "atypical_nevus", "melanoma")
_ASYMMETRY = ("symmetric", "asymmetric_in_one_axis", "asymmetric_in_two_axes")
_WORDS = {"A": "absent", "AT": "atypical", "T": "typical", "P": "present"}
_CRITERIA = ("pigment_network", "dots_globules", "streaks", "regression", "blue_whitish_veil")
_COLOURS = {
    "1": "white",
    "2": "red",
    "3": "light_brown",
    "4": "dark_brown",
    "5": "blue_gray",
    "6": "black",
}


def read_ph2_text(path: Path, listing: Listing) -> Table:
    """Rows of `PH2_dataset.txt`, whose cells stand between bars.

    Args:
        path: the file.
        listing: takes a finding for every row that cannot be understood.
    """
    listing.tables.append(path)
    try:
        lines = decode(read_bytes(path, LARGEST_TABLE)).splitlines()
    except DataError as error:
        listing.add("metadata_unreadable", str(error), path)
        return {}
    rows = [[cell.strip() for cell in line.strip().removeprefix("||").split("||")] for line in lines]
    return _table(path, [row for row in rows if _ID.fullmatch(row[0])], _text_row, listing)


def read_ph2_workbook(path: Path, listing: Listing) -> Table:
    """Rows of `PH2_dataset.xlsx`.

    Args:
        path: the file.
        listing: takes a finding when it is not a workbook, and for every row that cannot be understood.
    """
    from openpyxl import load_workbook

    listing.tables.append(path)
    try:
        content = io.BytesIO(read_bytes(path, _LARGEST_WORKBOOK))
        with zipfile.ZipFile(content) as parts:
            if sum(part.file_size for part in parts.infolist()) > _LARGEST_UNPACKED:
                raise DataError(f"unpacked it would be larger than {_LARGEST_UNPACKED:,} bytes")
        with warnings.catch_warnings():
            # openpyxl warns of styles it does not know.
            warnings.simplefilter("ignore")
            sheet = load_workbook(content, data_only=True).active
            # One cell far out would make a table of billions.
            rows = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
            cells = [[_text(cell) for cell in row] for row in rows]
    # A damaged workbook fails in the zip, the XML or in openpyxl itself.
    except Exception as error:
        listing.add("metadata_unreadable", f"{path} is not a workbook that can be read: {one_line(str(error))}", path)
        return {}
    return _table(path, [row for row in cells if row and _ID.fullmatch(row[0])], _workbook_row, listing)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().removesuffix(".0")


def _table(
    path: Path, rows: list[list[str]], read: Callable[[Sequence[str]], dict[str, str]], listing: Listing
) -> Table:
    found: Table = {}
    if not rows:
        listing.add("metadata_unreadable", f"{path} holds no row that begins with IMDnnn.", path)
    for row in rows:
        try:
            known = read(row)
        except (ValueError, IndexError, KeyError):
            text = f"{path} cannot be understood at {row[0]}: {one_line(' | '.join(row[1:]))}"
            listing.add("metadata_unreadable", text, path, row[0].upper())
            continue
        add_row(found, row[0].upper(), {name: value for name, value in known.items() if value}, path, listing)
    return found


def _text_row(row: Sequence[str]) -> dict[str, str]:
    _, histology, diagnosis, criteria, colours, *_ = row
    return _known(histology, diagnosis, [cell.strip() for cell in criteria.split("|")], colours.split())


def _workbook_row(row: Sequence[str]) -> dict[str, str]:
    marks = [place for place, cell in enumerate(row[2:5]) if cell]
    if len(marks) > 1:
        raise ValueError
    colours = [str(place) for place, cell in enumerate(row[11:17], start=1) if cell]
    return _known(row[1], str(marks[0]) if marks else "", row[5:11], colours)


def _known(histology: str, diagnosis: str, criteria: Sequence[str], colours: Sequence[str]) -> dict[str, str]:
    asymmetry, *others = criteria
    return {
        "diagnosis": _of(_DIAGNOSES, diagnosis),
        "histological_diagnosis": histology.lower().replace(" ", "_"),
        "asymmetry": _of(_ASYMMETRY, asymmetry),
        **{name: _WORDS[cell.upper()] if cell else "" for name, cell in zip(_CRITERIA, others, strict=True)},
        "colours": ", ".join(_COLOURS[number] for number in sorted(colours)),
    }


def _of(words: Sequence[str], number: str) -> str:
    if number and int(number) < 0:
        raise ValueError
    return words[int(number)] if number else ""
