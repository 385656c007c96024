"""Progress in the terminal."""

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress(keras.callbacks.Callback):
    """Epoch, step, time left, loss and Dice: a live bar in a terminal, one line per epoch in a log file.

    Args:
        epochs: number of epochs the training ends at.
        console: where to write.
    """

    def __init__(self, epochs: int, console: Console) -> None:
        super().__init__()
        self.epochs = epochs
        self.console = console
        self.bar: Bar | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the bar."""
        if not self.console.is_terminal:
            return
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[scores]}"),
            console=self.console,
            transient=True,
        )
        self.bar.start()
        self.task = self.bar.add_task("train", total=None, epoch=f"-/{self.epochs}", scores="")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Stop the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start counting steps."""
        self.started = time.monotonic()
        if self.bar is not None:
            steps = (self.params or {}).get("steps")
            self.bar.reset(self.task, total=steps, epoch=f"{epoch + 1}/{self.epochs}", scores="")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(self.task, completed=batch + 1, scores=_scores(logs, ("loss", "dice")))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the epoch's line."""
        took = time.monotonic() - self.started
        left = took * (self.epochs - epoch - 1)
        scores = _scores(logs, ("loss", "dice", "val_loss", "val_dice"))
        line = f"epoch {epoch + 1}/{self.epochs}  {took:.0f} s, {_clock(left)} left  {scores}"
        self.console.print(line, highlight=False, soft_wrap=True)


def _scores(logs: dict[str, Any] | None, names: tuple[str, ...]) -> str:
    return "  ".join(f"{name} {float(logs[name]):.4f}" for name in names if logs and name in logs)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
