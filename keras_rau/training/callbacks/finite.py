"""Stop a training whose loss is no longer a number."""

import math
from typing import Any

import keras

from keras_rau.errors import RauError


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
