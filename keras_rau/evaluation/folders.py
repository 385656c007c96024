"""Folders and files to write to."""

from pathlib import Path

from keras_rau.errors import RauError
from keras_rau.files import fresh_name, is_free


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


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        RauError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror}.") from error
