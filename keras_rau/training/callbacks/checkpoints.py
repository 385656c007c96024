"""best.keras, last.keras and previous.keras."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import RauError
from keras_rau.training.monitor import Monitor


class Checkpoints(keras.callbacks.Callback):
    """Save the model after every epoch, and again when it is the best so far.

    Each file is written beside its place, flushed to the disk and then renamed, so that a run killed while saving, or a
    machine that loses power, keeps the one before. The last but one is kept as `previous.keras`.

    Args:
        folder: where `best.keras`, `last.keras` and `previous.keras` are written.
        monitor: how the best is chosen.
        earlier: rows of the epochs already finished, for the best value so far.
        describe: called with the path of every new file, to write what belongs beside it.
        keep_epochs: epochs, counted from 1, after which the model is kept for good, as `epoch_NNN.keras`.
    """

    def __init__(
        self,
        folder: Path,
        monitor: Monitor,
        earlier: Iterable[dict[str, Any]] = (),
        describe: Callable[[Path], None] = lambda path: None,
        keep_epochs: Iterable[int] = (),
    ) -> None:
        super().__init__()
        self.folder = folder
        self.monitor = monitor
        self.describe = describe
        self.keep_epochs = set(keep_epochs)
        self.best = monitor.best(earlier)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save."""
        value = self.monitor.value(logs or {})
        if self.monitor.better(value, self.best):
            self._save("best.keras")
            self.best = value
        if epoch + 1 in self.keep_epochs:
            self._save(f"epoch_{epoch + 1:03}.keras")
        self._save("last.keras", keep_as="previous.keras")

    def _save(self, name: str, keep_as: str | None = None) -> None:
        path = self.folder / name
        part = path.with_name(f"{path.stem}.part.keras")
        try:
            self.model.save(part)
            flush(part)
            self.describe(path)
            if keep_as is not None and path.exists():
                os.replace(path, path.with_name(keep_as))
            os.replace(part, path)
        except OSError as error:
            raise RauError(
                f"Cannot write the checkpoint {path}: {error.strerror or error}. The checkpoints before it are kept: make "
                "room, and continue with --resume."
            ) from error


def flush(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
