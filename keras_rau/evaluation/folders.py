"""Folders and files to write to."""

import os
from pathlib import Path

from keras_rau.errors import RauError
from keras_rau.lock import is_lock


def is_free(path: Path) -> bool:
    """Return whether a file or folder is new, or an empty folder."""
    if not os.path.lexists(path):
        return True
    return path.is_dir() and all(is_lock(each) for each in path.iterdir())


def check_free(folder: Path, option: str = "--output") -> None:
    """Check that a folder is new or empty, so that nothing of the user's is overwritten or mixed up.

    Raises:
        RauError: it is neither.
    """
    try:
        free = is_free(folder)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror or error}.") from error
    if not free:
        raise RauError(
            f"The output {folder} exists and is not an empty folder. Name a new one with {option}, such as "
            f"{fresh_name(folder)}."
        )


def fresh_name(path: Path) -> Path:
    """Return `path` if it is free, else the first free one of `NAME-2`, `NAME-3`, … with the same suffix.

    Example:
        >>> fresh_name(Path("masks"))
        PosixPath('masks-2')
    """
    number, found = 1, path
    while not is_free(found):
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        RauError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror}.") from error
