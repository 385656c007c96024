"""Folders to write to."""

from pathlib import Path

from keras_rau.errors import RauError


def check_free(folder: Path, option: str = "--output") -> None:
    """Check that a folder is new or empty, so that nothing of the user's is overwritten or mixed up.

    Raises:
        RauError: it is neither.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RauError(f"The output {folder} exists and is not an empty folder. Name a new one with {option}.")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        RauError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror}.") from error
