"""The table that somebody keeps about their own images."""

from collections.abc import Collection
from pathlib import Path

from keras_rau.datasets.files import is_image
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.tables import Table, join, read_table


def table_path(root: Path, metadata: str | None, group_column: str | None) -> Path | None:
    """The table that is meant; `None` when nobody asked for one and there is no `metadata.csv`."""
    path = root / (metadata or "metadata.csv")
    return path if metadata is not None or group_column is not None or path.exists() else None


def own_table(path: Path | None, group_column: str | None, ids: Collection[str], root: Path, listing: Listing) -> Table:
    """What the table says about the images.

    Args:
        path: CSV file; `None` for none.
        group_column: column that has to be there.
        ids: ids of the images; the table may name the files instead.
        root: folder of the images, to name in messages.
        listing: takes the findings.
    """
    if path is None:
        return {}
    if not path.is_file():
        listing.add("metadata_unreadable", f"The table {path} does not exist.", path)
        return {}

    def identify(cell: str) -> str:
        named = cell not in ids and is_image(Path(cell))
        return cell[: -len(Path(cell).suffix)] if named else cell

    table = read_table(path, ["image_id", "id"], listing, identify, first=True)
    columns = dict.fromkeys(column for row in table.values() for column in row)
    if group_column is not None and table and group_column not in columns:
        text = f"{path} has no values in a column {group_column!r}. Its columns: {', '.join(columns)}"
        listing.add("metadata_unreadable", text, path)
    return join([(path, table)], ids, listing, root)
