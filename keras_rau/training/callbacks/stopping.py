"""Ending a training that was asked to end."""

from typing import Any

import keras

from keras_rau.training.runs.checkpoints import Checkpoints
from keras_rau.training.runs.interruption import Interruption, Signals


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
