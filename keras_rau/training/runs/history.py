"""history.csv: one row per finished epoch."""

import csv
import io
from pathlib import Path
from typing import Any

import keras

from keras_rau.csv_rows import read_own_table
from keras_rau.errors import DataError
from keras_rau.files import write_text
from keras_rau.strangers import one_line


def read_history(path: Path, epochs: int | None = None) -> list[dict[str, float]]:
    """Return the rows of a history file, numbers as numbers; of the first `epochs`, if given; `[]` when there is none.

    Raises:
        DataError: the file is damaged; the line is named.
    """
    if not path.exists():
        return []
    rows = [_numbers(row, f"{path}, line {line}") for line, row in read_own_table(path, ["epoch"])]
    return rows if epochs is None else [row for row in rows if row["epoch"] < epochs]


def _numbers(row: dict[str, str], where: str) -> dict[str, float]:
    try:
        return {"epoch": float(row["epoch"])} | {key: float(value) for key, value in row.items() if value}
    except ValueError as error:
        raise DataError(f"{where}: {one_line(str(error))}.") from error


class HistoryFile(keras.callbacks.Callback):
    """Write loss, metrics and learning rate of every epoch to a CSV file.

    The row of an epoch is written before its checkpoint, and rows beyond the checkpoint that a training resumes from
    are dropped, so that file and checkpoint never tell different stories. Where it cannot be written, a `RauError` ends
    the training; the rows and checkpoints before are kept.

    Args:
        path: the CSV file.
        first_epoch: number of epochs already finished.

    Example:
        >>> from keras_rau import training
        >>> model.fit(train, validation_data=val, epochs=20, callbacks=[training.HistoryFile("history.csv")])
    """

    def __init__(self, path: Path | str, first_epoch: int = 0) -> None:
        super().__init__()
        self.path = Path(path)
        self.rows: list[dict[str, Any]] = read_history(self.path, first_epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Append a row."""
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = {"epoch": epoch, **{key: float(value) for key, value in (logs or {}).items()}, "learning_rate": rate}
        self.rows.append(row)
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "epoch": int(row["epoch"])} for row in self.rows)
        write_text(self.path, text.getvalue())
