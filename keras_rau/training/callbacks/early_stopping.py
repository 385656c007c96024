"""Callbacks that end a training early: when it gets no better, or when its loss is not a number."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from keras_rau.errors import RauError
from keras_rau.training.building.monitor import Monitor


def waited(rows: Iterable[Mapping[str, Any]], monitor: Monitor) -> int:
    """Epochs since the best one.

    Example:
        >>> waited([{"val_dice": 0.7}, {"val_dice": 0.8}, {"val_dice": 0.75}], Monitor("val_dice"))
        1
    """
    best, count = monitor.worst, 0
    for row in rows:
        value = monitor.value(row)
        count = 0 if monitor.better(value, best) else count + 1
        best = value if count == 0 else best
    return count


class EarlyStopping(keras.callbacks.Callback):
    """Stop after `patience` epochs without a better value.

    It holds no state of its own: what it has seen are the rows of history, so that a resumed training stops where the
    uninterrupted one stops. Resumed after it has stopped, a training must not be started at all: see `finished`. In the
    logs of the last epoch `stopped_early` is 1, for the callbacks that come after this one.

    Args:
        monitor: which of two epochs is the better.
        patience: epochs to wait, at least 1.
        earlier: rows of the epochs already finished.

    Raises:
        ValueError: `patience` is below 1.

    Example:
        >>> from keras_rau import training
        >>> stopping = training.EarlyStopping(training.Monitor("val_dice"), patience=5)
        >>> model.fit(train, validation_data=val, epochs=100, callbacks=[stopping])
    """

    def __init__(self, monitor: Monitor, patience: int, earlier: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__()
        if patience < 1:
            raise ValueError(f"`patience` must be at least 1. Received: patience={patience}")
        self.monitor = monitor
        self.patience = patience
        self.rows = list(earlier)

    @property
    def finished(self) -> bool:
        """True once the training is over."""
        return waited(self.rows, self.monitor) >= self.patience

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop, if it is time."""
        logs = logs if logs is not None else {}
        self.rows.append({self.monitor.name: self.monitor.value(logs)})
        if self.finished:
            logs["stopped_early"] = 1.0
            self.model.stop_training = True


class StopOnNonFinite(keras.callbacks.Callback):
    """Raise a clear error at the first step whose loss is infinite or not a number.

    The checkpoint of the last finished epoch stays as it is.

    Example:
        >>> from keras_rau import training
        >>> model.fit(train, epochs=20, callbacks=[training.StopOnNonFinite(), training.HistoryFile("history.csv")])
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the running loss."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise RauError(
                f"The loss became {loss} in epoch {self.epoch + 1}, step {batch + 1}. Lower the learning rate "
                "(optimizer.learning_rate), or leave mixed precision. The last finished epoch is kept."
            )
