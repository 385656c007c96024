"""Writing files so that a kill, a full disk or a power cut leaves the old file or the new one, never half of one."""

import contextlib
import errno
import os
import re
import secrets
from pathlib import Path

from keras_rau.errors import RauError

# What a full or failing disk says: nothing else can be written either.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


# Who works in an output folder, and the file that the system locks for as long as the process lives; see `keras_rau.lock`.
HOLDER, LOCK = ".keras-rau-in-use.json", ".keras-rau-in-use.lock"
_PART = re.compile(r"\.[0-9a-f]{12}\.part")


def is_free(path: Path) -> bool:
    """Return whether a file or folder is new, or an empty folder."""
    if not os.path.lexists(path):
        return True
    return path.is_dir() and all(is_left_over(each) for each in path.iterdir())


def is_left_over(path: Path) -> bool:
    """Return whether a file is what a killed process left of a lock or of a write."""
    return path.name in (HOLDER, LOCK) or bool(_PART.fullmatch(path.name))


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


def part_of(path: Path) -> Path:
    """Return where a file is written before it takes its place: `last.keras` in `last.part.keras`, `a.csv` in `a.csv.part`."""
    # Keras saves by the suffix.
    return path.with_name(f"{path.stem}.part.keras" if path.suffix == ".keras" else f"{path.name}.part")


def is_part(path: Path) -> bool:
    """Return whether a file is what a killed process left of a write."""
    return path.name.endswith((".part", ".part.keras"))


def write_text(path: Path, text: str) -> None:
    """Write a small text file at once.

    Raises:
        RauError: the disk is full or the folder cannot be written; the file is as it was.

    Example:
        >>> write_text(Path("run/config.yaml"), "epochs: 3")
    """
    try:
        write_bytes(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise RauError(f"Cannot write {path}: {error.strerror or error}. What was there before is kept.") from error


def write_bytes(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file at once, and wait until it is on the disk.

    Args:
        path: the file.
        content: all of it.
        replace: put it in the place of a file of this name.

    Raises:
        FileExistsError: there is such a file, and `replace` is false; it is as it was.
        OSError: the file cannot be written; what was there before is as it was.

    Example:
        >>> write_bytes(Path("masks/a_mask.png"), png, replace=False)
    """
    # Short, whatever the length of the name.
    part = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            put(part, path)
        else:
            _put_new(part, path)
    except BaseException:
        discard(part)
        raise


def _put_new(part: Path, path: Path) -> None:
    """Move a finished file to its place, which must be free."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno in (*DISK_ERRORS, errno.ENAMETOOLONG):
            raise
        # A file system without hard links.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        put(part, path)
    else:
        discard(part)
        flush_folder(path.parent)


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
