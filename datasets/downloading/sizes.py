"""Bytes in words, and whether they fit."""

import shutil
from pathlib import Path

from keras_rau.errors import DataError


def readable(size: float) -> str:
    """`"1.2 GB"` and the like; 1 kB = 1000 bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit always returns")


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raise `DataError` if `needed` bytes do not fit onto the disk of `folder`."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(f"{what} about {readable(needed)}, and {folder} has {readable(free)} free. Make room there.")
