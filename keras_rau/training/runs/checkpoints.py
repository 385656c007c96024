"""Saving best.keras, last.keras and previous.keras, and the room that they take."""

import math
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import RauError
from keras_rau.files import discard, flush, part_of, put
from keras_rau.training.building.monitor import Monitor
from keras_rau.training.config import Config
from keras_rau.training.distribution.hosts import apart_from_hosts
from keras_rau.training.runs.interruption import Interruption, Signals
from keras_rau.training.runs.state import TrainingState, add_state, capture


class Checkpoints(keras.callbacks.Callback):
    """Save the model after every epoch, and again when it is the best so far; within an epoch too, if wanted.

    All files of a moment are written beside their places and flushed to the disk before the first is renamed, and
    `last.keras` is renamed before the others. So a run killed while saving, or a machine that loses power, keeps the
    state before or has the new one; `recover` then finishes the renaming. The last but one is kept as `previous.keras`.

    Args:
        folder: where `best.keras`, `last.keras` and `previous.keras` are written.
        monitor: how the best is chosen.
        earlier: rows of the epochs already finished, for the best value so far.
        describe: called with the path of every new file, to write what belongs beside it.
        keep_epochs: epochs, counted from 1, after which the model is kept for good, as `epoch_NNN.keras`.
        every_steps: save `last.keras` after so many steps of an epoch too; `None`: between epochs alone.
        done: finished epochs, and finished steps of the next, that the training starts from.
        averaged: called with the model, a context in which its weights are those to be kept as `best.keras` and
            `epoch_NNN.keras`, such as their moving average; `last.keras` is saved outside of it.

    Example:
        >>> from keras_rau import training
        >>> checkpoints = training.Checkpoints("checkpoints", training.Monitor("val_dice"), keep_epochs=[10, 20])
        >>> model.fit(train, validation_data=val, epochs=20, callbacks=[checkpoints])
    """

    def __init__(
        self,
        folder: Path | str,
        monitor: Monitor,
        earlier: Iterable[dict[str, Any]] = (),
        describe: Callable[[Path], None] = lambda path: None,
        keep_epochs: Iterable[int] = (),
        every_steps: int | None = None,
        done: tuple[int, int] = (0, 0),
        averaged: Callable[[keras.Model], AbstractContextManager[Any]] = lambda model: nullcontext(),
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.monitor = monitor
        self.describe = describe
        self.keep_epochs = set(keep_epochs)
        self.every_steps = every_steps
        self.averaged = averaged
        self.best = monitor.best(earlier)
        self.saved = done
        self.epoch = done[0]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Save within the epoch."""
        if self.every_steps is not None and (batch + 1) % self.every_steps == 0:
            self.save_within_epoch(batch + 1)

    def save_within_epoch(self, steps: int) -> bool:
        """Save `last.keras` after so many steps of the running epoch.

        Returns:
            Whether the state is on the disk. It is not after the last step of an epoch, which ends with its validation.
        """
        if steps >= ((self.params or {}).get("steps") or float("inf")):
            return False
        # A resumed epoch passes over its finished steps; the state after them is there already.
        if (self.epoch, steps) > self.saved:
            self._save(capture(self.model, self.epoch, steps), [])
        return True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save."""
        value = self.monitor.value(logs or {})
        better = self.monitor.better(value, self.best)
        kept = ["best.keras"] if better else []
        if epoch + 1 in self.keep_epochs:
            kept.append(f"epoch_{epoch + 1:03}.keras")
        self._save(capture(self.model, epoch + 1), kept)
        if better:
            self.best = value

    def _save(self, state: TrainingState, kept: list[str]) -> None:
        last, *others = (self.folder / name for name in ("last.keras", *kept))
        try:
            if others:
                with self.averaged(self.model):
                    for path in others:
                        self._write(path, state)
            self._write(last, state)
        except OSError as error:
            for path in (last, *others):
                discard(part_of(path))
            raise _failure(error, last) from error
        try:
            if last.exists():
                os.replace(last, last.with_name("previous.keras"))
            for path in (last, *others):
                put(part_of(path), path)
        except OSError as error:
            raise _failure(error, last) from error
        self.saved = state.position

    def _write(self, path: Path, state: TrainingState) -> None:
        part = part_of(path)
        try:
            with apart_from_hosts():
                self.model.save(part)
            add_state(part, state)
            flush(part)
            self.describe(path)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _failure(error: OSError, last: Path) -> RauError:
    return RauError(
        f"Cannot write the checkpoint {error.filename or last}: {error.strerror or error}. The checkpoints before it are "
        "kept: make room, and continue with --resume."
    )


def checkpoint_bytes(model: keras.Model, config: Config) -> int:
    """Bytes of all checkpoints of a training at its end, and of those being written beside them.

    Example:
        >>> checkpoint_bytes(model, config) // 10**6
        142
    """
    weights = sum(math.prod(variable.shape) for variable in model.weights)
    trained = sum(math.prod(variable.shape) for variable in model.trainable_weights)
    optimizer = config.optimizer
    # Two moments of Adam, and what the optimiser keeps besides.
    slots = 2 + (optimizer.accumulate > 1) + (optimizer.ema is not None)
    # best, last and previous, and the next best and last while they are written.
    files = 5 + len(config.checkpoints.keep_epochs)
    return 4 * (weights + slots * trained) * files


class StopOnSignal(keras.callbacks.Callback):
    """Save and stop after the running step, once a signal was noted; after the epoch, once its last step is done.

    Args:
        signals: where signals are noted.
        checkpoints: saves; must come before in the list of callbacks.
        within_epochs: `False`: only between epochs.
    """

    def __init__(self, signals: Signals, checkpoints: Checkpoints, within_epochs: bool = True) -> None:
        super().__init__()
        self.signals = signals
        self.checkpoints = checkpoints
        self.within_epochs = within_epochs

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Save and stop within the epoch."""
        if self.signals.received is None or not self.within_epochs:
            return
        if self.checkpoints.save_within_epoch(batch + 1):
            epoch, step = self.checkpoints.saved
            steps = (self.params or {}).get("steps")
            raise Interruption(self.signals.received, f"saved in epoch {epoch + 1}, after step {step} of {steps}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop; the epoch is saved."""
        if self.signals.received is not None:
            raise Interruption(self.signals.received, f"saved after epoch {epoch + 1}")
