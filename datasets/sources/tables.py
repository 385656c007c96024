"""Tables of what is known about the images: diagnosis, age, sex, lesion, and the like."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from keras_rau.csv_rows import csv_rows
from keras_rau.datasets.files import IMAGE_SUFFIXES, composed
from keras_rau.datasets.findings import Listing
from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_TABLE, one_line, read_bytes, shown

_HEADER = 1 << 16  # bytes that the first line is looked for in
# image id -> column -> value
Table = dict[str, dict[str, Any]]


def read_lines(path: Path, listing: Listing) -> list[list[str]]:
    """Return the cells of a CSV file separated by commas, semicolons or tabs, without empty lines; `[]` if it cannot be used.

    Args:
        path: the file.
        listing: takes the file, and a finding when it cannot be read or a row has more or fewer cells than the first.
    """
    try:
        content = read_bytes(path, LARGEST_TABLE)
    except DataError as error:
        listing.add("metadata_unreadable", str(error), path)
        return []
    listing.tables.append(path)
    text = decode(content)
    try:
        rows = [cells for _, cells in csv_rows(text, path, delimiter=_delimiter(text))]
    except DataError as error:
        listing.add("metadata_unreadable", str(error), path)
        return []
    if not rows:
        listing.add("metadata_unreadable", f"{path} is empty. Fill or remove it.", path)
    return rows


def header(path: Path) -> list[str]:
    """Return the cells of the first line of a table; `[]` if it cannot be read, or is no text."""
    if not path.is_file():
        return []
    try:
        with path.open("rb") as file:
            text = decode(file.read(_HEADER))
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), [])
        return [cell.strip() for cell in first]
    except (OSError, csv.Error):
        return []


def _delimiter(text: str) -> str:
    first = re.split("[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    return max(",;\t", key=first.count)


def decode(content: bytes) -> str:
    """Text of whatever encoding a spreadsheet wrote."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def image_id(cell: str) -> str:
    """Return the id in a cell of a table of an archive, in capitals; some tables write the name of the file.

    Example:
        >>> image_id("isic_0000001.jpg")
        'ISIC_0000001'
    """
    name = Path(cell.replace("\\", "/")).name
    return (Path(name).stem if Path(name).suffix.lower() in IMAGE_SUFFIXES else name).upper()


def read_table(
    path: Path, keys: Sequence[str], listing: Listing, identify: Callable[[str], str] = image_id, first: bool = False
) -> Table:
    """Rows of a CSV file with a header by image id; cells without content are left out.

    Args:
        path: the file.
        keys: names the column of ids may have, in any letter case.
        listing: takes the findings.
        identify: makes an id of a cell.
        first: take the first column when there is none of these names.
    """
    rows = read_lines(path, listing)
    if not rows:
        return {}
    titles = [composed(cell.strip()) for cell in rows[0]]
    wanted = [key.lower() for key in keys]
    places = [index for index, name in enumerate(titles) if name.lower() in wanted]
    if not places and not first:
        listing.add(
            "metadata_unreadable", f"{path} has no column {keys[0]!r}. Its columns: {one_line(', '.join(titles))}", path
        )
        return {}
    place = places[0] if places else 0
    twice = sorted(name for name, count in Counter(titles).items() if name and count > 1)
    if twice:
        text = f"{path} has several columns of one name: {one_line(', '.join(twice))}. Rename or remove all but one of each."
        listing.add("metadata_unreadable", text, path)
        return {}
    found: Table = {}
    for row in rows[1:]:
        cells = {name: cell.strip() for name, cell in zip(titles, row, strict=False) if name and cell.strip()}
        if place < len(row) and row[place].strip():
            cells.pop(titles[place], None)
            add_row(found, identify(composed(row[place].strip())), cells, path, listing)
    return found


def add_row(table: Table, name: str, cells: dict[str, Any], path: Path, listing: Listing) -> None:
    """Join what a file says about an image to what is known of it; the first word holds."""
    known = table.setdefault(name, {})
    for column, value in cells.items():
        if known.setdefault(column, value) != value:
            text = (
                f"{path} gives {one_line(name)} the {one_line(column)} {shown(value)}, after {shown(known[column])} before. "
                "The first is kept."
            )
            listing.add("metadata_contradictory", text, path, name)


def join(tables: Iterable[tuple[Path, Table]], ids: Iterable[str], listing: Listing, where: Path) -> Table:
    """What all tables together say about the images that are there.

    Args:
        tables: files and what they say.
        ids: ids of the images.
        listing: takes findings for rows without image, images without row, and contradictions.
        where: folder of the images, to name in messages.
    """
    present = set(ids)
    found: Table = {}
    read = [(path, table) for path, table in tables if table]
    for path, table in read:
        absent = sorted(table.keys() - present)
        if absent and present:
            listing.add(
                "metadata_of_no_image",
                f"{path} names {len(absent)} image(s) that are not in {where}: {_some(absent)}",
                path,
            )
        for name in table.keys() & present:
            add_row(found, name, table[name], path, listing)
    unknown = sorted(present - found.keys())
    if read and unknown:
        names = ", ".join(path.name for path, _ in read)
        listing.add("metadata_missing", f"{names} says nothing about {len(unknown)} image(s): {_some(unknown)}", where)
    return found


def _some(names: list[str], limit: int = 10) -> str:
    return ", ".join(map(one_line, names[:limit])) + (f" … and {len(names) - limit} more" if len(names) > limit else "")
