"""The table that somebody keeps about their own images."""

import os
from pathlib import Path

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.called import Called
from keras_rau.datasets.sources.grouping import group_value
from keras_rau.datasets.sources.tables import Table, join, read_table
from keras_rau.strangers import one_line, shown


def table_path(root: Path, metadata: str | None, group_column: str | None) -> Path | None:
    """The table that is meant; `None` when nobody asked for one and there is no `metadata.csv`."""
    path = root / (metadata or "metadata.csv")
    return path if metadata is not None or group_column is not None or path.exists() else None


def own_table(path: Path | None, group_column: str | None, known: Called, root: Path, listing: Listing) -> Table:
    """What the table says about the images.

    Args:
        path: CSV file; `None` for none.
        group_column: column that has to be there.
        known: the images; the table may name their ids, files or paths.
        root: folder of the images, to name in messages.
        listing: takes the findings.
    """
    if path is None:
        return {}
    if not os.path.isfile(path):
        listing.add("metadata_unreadable", f"The table {path} does not exist.", path)
        return {}
    unclear: dict[str, list[str]] = {}

    def identify(cell: str) -> str:
        found = known.find(cell)
        if len(found) > 1:
            unclear[cell] = found
        return found[0] if len(found) == 1 else cell

    table = read_table(path, ["image_id", "id"], listing, identify, first=True)
    if unclear:
        cell, found = next(iter(unclear.items()))
        text = (
            f"{path} names {len(unclear)} image(s) in a way that fits several: {shown(cell)} may be {', '.join(found[:3])}. "
            "Write their ids, or their paths."
        )
        listing.add("metadata_ambiguous", text, path)
    table = {name: row for name, row in table.items() if name not in unclear}
    columns = dict.fromkeys(column for row in table.values() for column in row)
    told = any(finding.path == path and finding.severity == "error" for finding in listing.findings)
    if group_column is not None and not told and not any(group_value(row.get(group_column)) for row in table.values()):
        text = f"{path} has no values in a column {group_column!r}. Its columns: {one_line(', '.join(columns))}"
        listing.add("metadata_unreadable", text, path)
    return join([(path, table)], list(known), listing, root)
