"""best.keras, last.keras and previous.keras."""

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import RauError


class Checkpoints(keras.callbacks.Callback):
    """Save the model after every epoch, and again when it is the best so far.

    Each file is written beside its place, flushed to the disk and then renamed, so that a run killed while saving, or a
    machine that loses power, keeps the one before. The last but one is kept as `previous.keras`.

    Args:
        folder: where `best.keras`, `last.keras` and `previous.keras` are written.
        monitor: name of the logged value to choose the best by; higher is better.
        earlier: rows of the epochs already finished, for the best value so far.
        describe: called with the path of every new file, to write what belongs beside it.
    """

    def __init__(
        self,
        folder: Path,
        monitor: str,
        earlier: Iterable[dict[str, Any]] = (),
        describe: Callable[[Path], None] = lambda path: None,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.monitor = monitor
        self.describe = describe
        self.best = max((row[monitor] for row in earlier if monitor in row), default=-math.inf)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save."""
        logs = logs or {}
        if self.monitor not in logs:
            raise RauError(
                f"The best checkpoint is to be chosen by {self.monitor!r}, which this training does not log. "
                f"Logged: {', '.join(sorted(logs))}"
            )
        value = float(logs[self.monitor])
        if value > self.best:
            self._save("best.keras")
            self.best = value
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
