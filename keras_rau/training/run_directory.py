"""The folder that one training writes: its paths, its lock, and what a full disk says."""

import errno
import getpass
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from keras_rau.errors import RauError
from keras_rau.files import fresh_name, is_free

# What a full disk says.
_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))


@dataclass(frozen=True)
class RunDirectory:
    """Paths inside a run directory."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def environment(self) -> Path:
        """Versions, git revision, machine, command."""
        return self.path / "environment.json"

    @property
    def history(self) -> Path:
        """One row per epoch."""
        return self.path / "history.csv"

    @property
    def metrics(self) -> Path:
        """Scores of the best checkpoint."""
        return self.path / "metrics.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of best.keras, last.keras and previous.keras."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """The checkpoint with the best validation score."""
        return self.checkpoints / "best.keras"

    @property
    def last(self) -> Path:
        """The checkpoint of the last finished epoch."""
        return self.checkpoints / "last.keras"

    @property
    def previous(self) -> Path:
        """The checkpoint of the last but one finished epoch."""
        return self.checkpoints / "previous.keras"

    @property
    def files(self) -> Path:
        """Sizes and hashes of images and masks."""
        return self.path / "files.csv"

    @property
    def split(self) -> Path:
        """Folder of train.txt, val.txt and test.txt."""
        return self.path / "split"

    @property
    def logs(self) -> Path:
        """TensorBoard logs."""
        return self.path / "logs"

    @property
    def validation(self) -> Path:
        """Report of the validation before the training."""
        return self.path / "validation"

    def check(self, resume: bool) -> None:
        """Refuse to mix two trainings.

        Raises:
            RauError: the folder is a file, or holds something and `resume` is false.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RauError(f"The output {self.path} is a file. Name a folder.")
        if not resume and not is_free(self.path):
            raise RauError(
                f"The output folder {self.path} is not empty. Name a new one with --output, such as "
                f"{fresh_name(self.path)}, or continue its training with --resume."
            )

    def create(self, needed: int = 0) -> None:
        """Make the folders.

        Args:
            needed: bytes that the checkpoints will take.

        Raises:
            RauError: they cannot be written, or the disk has no room for the checkpoints.
        """
        self._check_room(needed)
        try:
            for folder in (self.path, self.checkpoints, self.split):
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / ".writable.part"
                probe.write_bytes(b"\0" * 4096)
                probe.unlink()
        except OSError as error:
            raise RauError(f"Cannot write to the output folder {self.path}: {error.strerror}.") from error

    def _check_room(self, needed: int) -> None:
        # Before anything is made: the same command must work once there is room.
        there = next(folder for folder in (self.path, *Path(os.path.realpath(self.path)).parents) if folder.exists())
        missing = needed - sum(path.stat().st_size for path in self.checkpoints.glob("*.keras"))
        free = shutil.disk_usage(there).free
        if free < missing:
            raise RauError(
                f"The disk of the output folder {self.path} has {_megabytes(free)} free, but the checkpoints need "
                f"{_megabytes(missing)}. Make room, keep fewer (checkpoints.keep_epochs), or name a folder elsewhere."
            )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


@contextmanager
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


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes of this user and machine from training in the same run directory.

    The lock lies in the temporary folder, so that nothing is left in the run directory; it ends with the process.

    Args:
        path: the run directory; it need not exist.

    Raises:
        RauError: another process trains there.
    """
    name = hashlib.sha256(os.fsencode(f"{getpass.getuser()}:{os.path.realpath(path)}")).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"keras-rau-{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise RauError(
            f"Another process is training in {path}. Wait until it is done, stop it, or name another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()
