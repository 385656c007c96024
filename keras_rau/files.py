"""Writing files so that a kill, a full disk or a power cut leaves the old file or the new one, never half of one."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from keras_rau.errors import DataError, RauError

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
    if not path.name:
        # The working folder, or the root.
        path = Path(os.path.abspath(path)) if os.path.abspath(path) != os.sep else Path(os.sep, "output")
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


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder to write into, which takes the place of `folder` once it is written.

    Args:
        folder: where the files shall be; new or empty.

    Yields:
        The folder to write into. It is removed when an error passes; left empty, nothing takes the place.

    Raises:
        OSError: it cannot be written, or something is in `folder` by now.

    Example:
        >>> with whole_folder(Path("report")) as part:
        ...     write_text(part / "report.html", page)
    """
    part = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        part.mkdir(parents=True)
        yield part
        if any(part.iterdir()):
            put(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_replaceable(path: Path) -> None:
    """Refuse a place where a pipe, device or socket is: as root one could replace `/dev/null` for the whole machine.

    Raises:
        OSError: there is one.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # free, or what hinders comes out as it is written
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is a pipe, device or socket; name a file", str(path))


def put(part: Path, path: Path) -> None:
    """Move a finished file or folder to its place, for good; an empty folder there makes room.

    Raises:
        OSError: it cannot be moved, or a pipe or device has its place.
    """
    check_replaceable(path)
    if path.is_dir():
        path.rmdir()
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
