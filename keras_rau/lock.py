"""One process at a time in an output folder, whoever and wherever the others are."""

import contextlib
import getpass
import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from keras_rau.errors import RauError
from keras_rau.files import HOLDER, LOCK, discard, write_bytes
from keras_rau.strangers import one_line, read_bytes

_LARGEST = 1 << 16  # bytes of the file that names the holder


@contextlib.contextmanager
def alone(folder: Path, doing: str = "working") -> Iterator[None]:
    """Keep other processes out of a folder: of any user, container or host that sees it.

    A lock of the system ends with its process and holds for all containers of a machine. Hosts that share a folder need not
    see each other's: a file that names host, process and time tells of it, too. What a killed process of this machine left
    is taken over; what one of another machine left is refused and explained, since nothing tells whether that one lives.

    Args:
        folder: the folder; made when it is new, and removed again when nothing was put into it.
        doing: what the process does there, for the message that others get: `"predicting"`.

    Raises:
        RauError: another process works there, or the folder cannot be written.

    Example:
        >>> with alone(Path("masks"), "predicting"):
        ...     write_masks("masks")
    """
    folder = Path(folder)
    made = _make(folder)
    lock = FileLock(folder / LOCK, timeout=0, mode=0o666)
    try:
        with _locked(lock, folder):
            _take(folder, doing)
            try:
                yield
            finally:
                discard(folder / HOLDER)
                # While it is locked: nobody else can hold it then.
                discard(folder / LOCK)
    finally:
        for each in made:
            with contextlib.suppress(OSError):
                each.rmdir()


def in_use(folder: Path) -> bool:
    """Return whether somebody works in a folder, or was stopped there; `alone` tells which."""
    return os.path.lexists(folder / HOLDER)


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones, the innermost first."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror}.") from error
    return new


@contextlib.contextmanager
def _locked(lock: FileLock, folder: Path) -> Iterator[None]:
    try:
        lock.acquire()
        if not (folder / LOCK).exists():
            # The one before removed its file between our opening and locking it.
            lock.release()
            lock.acquire()
    except Timeout as error:
        raise RauError(
            f"Another process {_described(folder)} in {folder}. Wait until it is done, stop it, or name another folder."
        ) from error
    except NotImplementedError:
        # A file system without locks: the file that names the holder must do.
        pass
    except OSError as error:
        # The file of another user.
        held = f" Another process {_described(folder)} there." if (folder / HOLDER).exists() else ""
        raise RauError(f"Cannot write to {folder}: {error.strerror or error}.{held}") from error
    try:
        yield
    finally:
        lock.release()


def _take(folder: Path, doing: str) -> None:
    path = folder / HOLDER
    if os.path.lexists(path):
        if _holder(folder).get("machine") != _machine():
            raise RauError(
                f"Another process {_described(folder)} in {folder}, or was stopped there without cleaning up: from this "
                f"machine that cannot be told. If it is gone for certain, remove {path} and start again; otherwise wait, "
                "or name another folder."
            )
        discard(path)
    content = {
        "doing": doing,
        "host": platform.node(),
        "process": os.getpid(),
        "user": _user(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
    }
    try:
        write_bytes(path, (json.dumps(content, indent=1) + "\n").encode(), replace=False)
    except OSError as error:
        raise RauError(f"Cannot write to {folder}: {error.strerror or error}.") from error


def _holder(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(folder / HOLDER, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _described(folder: Path) -> str:
    holder = _holder(folder)
    if not holder:
        return "is working"
    word = {key: one_line(str(holder.get(key, "?")), 100) for key in ("doing", "process", "user", "host", "started")}
    return (
        f"is {word['doing']} (process {word['process']} of {word['user']} on {word['host']}, since {word['started']})"
    )


def _machine() -> str:
    """A name of the running system that its containers share, where there is one; the lock of the system reaches as far."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return platform.node()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container may run under a number that has no name.
        return str(os.getuid())
