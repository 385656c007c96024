"""The bytes of image files: of regular files alone, and no more than an image of the allowed size can have."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from keras_rau.errors import DataError, UsageError

MAX_PIXELS = 100_000_000
VARIABLE = "KERAS_RAU_MAX_PIXELS"
# Of 16 bits for each of four channels; what the file says besides gets the rest.
_BYTES_PER_PIXEL, _REST = 8, 64 * 2**20
_OTHERS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class FileProblem(DataError):
    """What is wrong with a file.

    Args:
        kind: the kind of finding, one of `findings.KINDS`.
        message: one line that names the file and says what to do.
        remedy: what to do about all such files at once, said once for many of them.
    """

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        message, remedy = printable(message), printable(remedy)
        super().__init__(f"{message} {remedy}".rstrip())
        self.kind = kind
        self.message = message
        self.remedy = remedy


def printable(text: str) -> str:
    """`text` with escapes for the bytes of file names that are not UTF-8, which no terminal and no table takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def unreadable(path: Path, what: str) -> FileProblem:
    """Build a problem of kind `file_unreadable` from the path and what is wrong with it."""
    return FileProblem("file_unreadable", f"{path} {what}")


def max_pixels() -> int:
    """Number of pixels up to which images are decoded: 100 million, or what KERAS_RAU_MAX_PIXELS says.

    Raises:
        UsageError: the variable holds no positive number.
    """
    text = os.environ.get(VARIABLE)
    if text is None:
        return MAX_PIXELS
    if not text.isdecimal() or len(text) > 12 or int(text) == 0:
        raise UsageError(f"The environment variable {VARIABLE} must be a number of pixels. Received: {text[:40]!r}")
    return int(text)


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse a picture of more pixels than are decoded, before any of them is.

    Raises:
        FileProblem: it has more than `max_pixels()`, or none.
    """
    allowed = max_pixels()
    if width < 1 or height < 1:
        raise unreadable(path, f"is damaged: it says that it is {width}×{height} pixels. Fetch it again or remove it.")
    if width * height > allowed:
        raise unreadable(
            path,
            f"has too many pixels: {width}×{height} = {width * height / 1e6:,.0f} million, of which at most "
            f"{allowed / 1e6:g} million are read. Scale it down, or set the environment variable {VARIABLE}.",
        )


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file that is not too long for reading.

    Raises:
        FileProblem: it is missing, cannot be opened, too long, or a pipe, socket, device or folder, none of which is read.
    """
    with _no_system_errors(path):
        # Opening a pipe would wait for somebody who writes.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        check_kind(path, os.fstat(descriptor))
        file = os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
    with file:
        yield file


def check_kind(path: Path, found: os.stat_result) -> None:
    """Refuse what is not a regular file, or too long.

    Raises:
        FileProblem: it is.
    """
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for test, name in _OTHERS if test(found.st_mode)), "no regular file")
        raise unreadable(path, f"is {kind}, no image file. Remove it, or copy the image itself there.")
    most = max_pixels() * _BYTES_PER_PIXEL + _REST
    if found.st_size > most:
        raise unreadable(
            path,
            f"is too long: {found.st_size / 1e9:.1f} GB, of which at most {most / 1e9:.1f} GB are read. Scale the image "
            f"down, or set the environment variable {VARIABLE}.",
        )


def read_content(path: Path) -> bytes:
    """Read the bytes of an image file.

    Raises:
        FileProblem: as `opened_file`, or the file is empty.
    """
    with opened_file(path) as file, _no_system_errors(path):
        # A file that grows meanwhile, or one whose size the system does not know, ends here all the same.
        size = os.fstat(file.fileno()).st_size
        data = file.read(size)
    if not data:
        raise FileProblem("file_empty", f"{path} is empty (0 bytes). Fetch it again or remove it.")
    return data


@contextmanager
def _no_system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise unreadable(path, "does not exist.") from error
    except MemoryError as error:
        raise out_of_memory(path) from error
    except OSError as error:
        raise unreadable(path, f"cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise unreadable(path, f"is not the name of a file ({error}).") from error


@contextmanager
def enough_memory(path: Path) -> Iterator[None]:
    """Turn what is raised when memory runs out into a problem of the file that needed it.

    Raises:
        FileProblem: it ran out.
    """
    try:
        yield
    except MemoryError as error:
        raise out_of_memory(path) from error
    except Exception as error:
        # OpenCV has an error of its own for it.
        if "insufficient memory" in str(error).lower():
            raise out_of_memory(path) from error
        raise


def out_of_memory(path: Path) -> FileProblem:
    """Build the problem of a file for which the memory does not suffice."""
    return unreadable(path, "does not fit into the memory that is free. Scale it down, or free some memory.")
