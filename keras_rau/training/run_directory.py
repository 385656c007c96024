"""The folder one training writes."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from keras_rau.errors import RauError
from keras_rau.files import fresh_name, is_free


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
        there = next(folder for folder in (self.path, *self.path.resolve().parents) if folder.exists())
        missing = needed - sum(path.stat().st_size for path in self.checkpoints.glob("*.keras"))
        free = shutil.disk_usage(there).free
        if free < missing:
            raise RauError(
                f"The disk of the output folder {self.path} has {_megabytes(free)} free, but the checkpoints need "
                f"{_megabytes(missing)}. Make room, keep fewer (checkpoints.keep_epochs), or name a folder elsewhere."
            )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
