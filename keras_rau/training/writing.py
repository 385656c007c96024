"""Writing files so that a kill, a full disk or a power cut leaves the old file or the new one, never half of one."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from keras_rau.errors import RauError

_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))


def part_of(path: Path) -> Path:
    """Where a file is written before it takes its place: `last.keras` in `last.part.keras`, `a.csv` in `a.csv.part`."""
    # Keras saves by the suffix.
    return path.with_name(f"{path.stem}.part.keras" if path.suffix == ".keras" else f"{path.name}.part")


def is_part(path: Path) -> bool:
    """Whether a file is what a killed process left of a write."""
    return path.name.endswith((".part", ".part.keras"))


def write_text(path: Path, text: str) -> None:
    """Write a small text file at once.

    Raises:
        RauError: the disk is full or the folder cannot be written; the file is as it was.

    Example:
        >>> write_text(Path("run/config.yaml"), "epochs: 3")
    """
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8")
        flush(part)
        put(part, path)
    except OSError as error:
        discard(part)
        raise RauError(f"Cannot write {path}: {error.strerror or error}. What was there before is kept.") from error


@contextlib.contextmanager
def plain_disk_errors(folder: Path) -> Iterator[None]:
    """Turn what TensorFlow or the system make of a full disk into one line.

    Raises:
        RauError: there was no room for what was written into `folder`.

    Example:
        >>> with plain_disk_errors(Path("runs/first")):
        ...     model.fit(data, callbacks=[keras.callbacks.TensorBoard("runs/first/logs")])
    """
    try:
        yield
    except RauError:
        raise
    except Exception as error:
        found = next((words for words in _FULL if words in str(error)), None)
        if found is None:
            raise
        raise RauError(
            f"Cannot write to {folder}: {found}. What was saved before is kept: make room, and continue with --resume."
        ) from error


def flush(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def put(part: Path, path: Path) -> None:
    """Move a finished file to its place, for good."""
    os.replace(part, path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems cannot, and need not
    finally:
        os.close(handle)


def discard(part: Path) -> None:
    """Remove what was written in vain, as far as possible."""
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
