"""Sizes and hashes of images and masks, to tell whether a training goes on with the same."""

import csv
import hashlib
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_rau.csv_rows import read_own_table
from keras_rau.csv_text import safe
from keras_rau.datasets.files import listed
from keras_rau.errors import DataError
from keras_rau.files import write_text

_COLUMNS = ("id", "image_bytes", "image_sha256", "mask_bytes", "mask_sha256")
_THREADS = 8  # hashing lets go of Python's lock, reading waits for the disk


@dataclass(frozen=True)
class Fingerprint:
    """Size and SHA-256 of every image and mask, by id.

    Example:
        >>> fingerprint(train).sha256[:8]
        '9f86d081'
    """

    files: dict[str, tuple[str, ...]]

    @property
    def sha256(self) -> str:
        """One hash over all of it, in the order of the ids; where the files lie does not enter."""
        return hashlib.sha256(self._table().encode()).hexdigest()

    def summary(self) -> dict[str, Any]:
        """Return what `environment.json` says of the data."""
        sizes = [int(size) for row in self.files.values() for size in (row[0], row[2]) if size]
        return {"sha256": self.sha256, "images": len(self.files), "bytes": sum(sizes)}

    def write(self, path: Path) -> None:
        """Write one row per id as CSV."""
        write_text(path, self._table())

    def _table(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows((safe(name), *self.files[name]) for name in sorted(self.files))
        return text.getvalue()


def fingerprint(samples: Iterable[Any]) -> Fingerprint:
    """Read every image and mask once.

    Raises:
        DataError: a file cannot be read.
    """

    def row(sample: Any) -> tuple[str, tuple[str, ...]]:
        return sample.id, (*_size_and_hash(sample.image), *_of_mask(sample))

    with ThreadPoolExecutor(_THREADS) as pool:
        return Fingerprint(dict(pool.map(row, samples)))


def check_same_files(found: Fingerprint, written: Path, run: Path) -> None:
    """Refuse to go on with images or masks whose content has changed.

    Args:
        found: the files as they are now.
        written: the table of the run; a run of an earlier version has none.
        run: its folder, for the message.

    Raises:
        DataError: files have changed; the first are named. Or the table is damaged.
    """
    if not written.exists():
        return
    rows = read_own_table(written, _COLUMNS)
    before = {row["id"]: tuple(row[name] for name in _COLUMNS[1:]) for _, row in rows}
    changed = []
    for name in sorted(before.keys() & found.files.keys()):
        old, new = before[name], found.files[name]
        changed += [f"image of {name}"] if old[:2] != new[:2] else []
        changed += [f"mask of {name}"] if old[2:] != new[2:] else []
    if changed:
        head = f"{len(changed)} file(s) have another content than when the training in {run} was started"
        raise DataError(f"{listed(head, changed)}\nRestore them, or start a new output folder.")


def _of_mask(sample: Any) -> tuple[str, str]:
    """Size and hash of the mask; of one file a class the sum of the sizes and a hash over all hashes."""
    each = [_size_and_hash(path) for path in (sample.mask_files or [None])]
    if len(each) == 1:
        return each[0]
    digest = hashlib.sha256("".join(found for _, found in each).encode()).hexdigest()
    return str(sum(int(size) for size, _ in each)), digest


def _size_and_hash(path: Path | None) -> tuple[str, str]:
    if path is None:
        return "", ""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return str(file.tell()), digest
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error
