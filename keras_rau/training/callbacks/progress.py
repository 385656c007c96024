"""Progress in terminals, notebooks and log files."""

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Column

# Seconds from one update of a notebook to the next: each travels to the browser.
_INTERVAL = 0.5
# Columns below which a terminal has no room for a bar.
_NARROW = 60


class Progress(keras.callbacks.Callback):
    """Epoch, step, time left, loss and scores: a live bar in a terminal, one line per epoch that is left standing.

    A notebook shows the running epoch as a line that changes; a log file gets the finished epochs alone.

    Args:
        epochs: number of epochs the training ends at; `None`: what `fit` is told.
        console: where to write; standard error when `None`.
        monitor: a logged value that is shown besides `loss`, `dice`, `val_loss` and `val_dice`.

    Example:
        >>> from keras_rau import training
        >>> model.fit(train, validation_data=val, epochs=20, verbose=0, callbacks=[training.Progress()])
    """

    def __init__(self, epochs: int | None = None, console: Console | None = None, monitor: str | None = None) -> None:
        super().__init__()
        self.epochs = epochs
        self.console = console or Console(stderr=True)
        extra = [name for name in (monitor,) if name not in (None, "loss", "dice", "val_loss", "val_dice")]
        self.names = ["loss", "dice", "val_loss", "val_dice", *extra]
        self.bar: Bar | None = None
        self.line: _NotebookLine | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the bar."""
        self.last = self.epochs or (self.params or {}).get("epochs") or 1
        if self.console.is_jupyter:
            self.line = _NotebookLine()
        if not self.console.is_interactive or self.console.is_jupyter:
            return
        self.bar = Bar(*self._columns(), console=self.console, transient=True, expand=True)
        self.bar.start()
        self.task = self.bar.add_task("train", total=None, steps="?", epoch=f"-/{self.last}", scores="")

    def _columns(self) -> list[ProgressColumn]:
        epoch, scores = "epoch {task.fields[epoch]}", "{task.fields[scores]}"
        one_line, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis")
        if self.console.width < _NARROW:
            return [TextColumn(f"{epoch}  {{task.completed}}/{{task.fields[steps]}}  {scores}", table_column=cut)]
        return [
            TextColumn(epoch, table_column=one_line),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            MofNCompleteColumn(table_column=one_line),
            TimeRemainingColumn(table_column=one_line),
            TextColumn(scores, table_column=cut),
        ]

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Stop the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start counting steps."""
        self.started = time.monotonic()
        self.epoch = epoch
        self.steps = (self.params or {}).get("steps")
        if self.bar is not None:
            self.bar.reset(
                self.task, total=self.steps, steps=self.steps or "?", epoch=f"{epoch + 1}/{self.last}", scores=""
            )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(self.task, completed=batch + 1, scores=self._scores(logs, 2))
        elif self.line is not None and self.line.is_due():
            place = f"epoch {self.epoch + 1}/{self.last}  step {batch + 1}/{self.steps or '?'}"
            self.line.show(f"{place}  {self._scores(logs, 2)}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the epoch's line."""
        took = time.monotonic() - self.started
        left = took * (self.last - epoch - 1)
        text = f"epoch {epoch + 1}/{self.last}  {took:.0f} s, {_clock(left)} left  {self._scores(logs)}"
        if self.line is not None:
            self.line.finish(text)
        else:
            self.console.print(text, highlight=False, soft_wrap=True)

    def _scores(self, logs: dict[str, Any] | None, count: int | None = None) -> str:
        names = [name for name in self.names[:count] if logs and name in logs]
        return "  ".join(f"{name} {float(logs[name]):.4f}" for name in names)


class _NotebookLine:
    """A line of output that changes until its epoch is finished; needs no widgets."""

    def __init__(self) -> None:
        self.handle: Any = None
        self.shown = time.monotonic()

    def is_due(self) -> bool:
        return time.monotonic() - self.shown >= _INTERVAL

    def show(self, text: str) -> None:
        from IPython.display import display

        self.shown = time.monotonic()
        if self.handle is None:
            self.handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self.handle.update({"text/plain": text}, raw=True)

    def finish(self, text: str) -> None:
        self.show(text)
        self.handle = None


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
