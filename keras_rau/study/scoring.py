"""Scores of a cell's checkpoints, kept beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets
from keras_rau.evaluation import evaluate, read_csv, write_csv
from keras_rau.export import Predictor
from keras_rau.files import part_of, put
from keras_rau.study.cells import Cell
from keras_rau.study.comparing import Rows, mean_dice
from keras_rau.training.config.data import DataSection


def cell_scores(cell: Cell, part: str, epoch: int, console: Console) -> Rows:
    """Scores per image of the model after an epoch; read where they were written before.

    Args:
        cell: a finished training.
        part: `"val"` or `"test"`.
        epoch: counted from 1.
        console: where progress goes.
    """
    path = cell.path / f"scores_{part}_epoch_{epoch:03}.csv"
    if not path.exists():
        _score(cell, epoch, cell.samples(part), path, console)
    return read_csv(path)


def scores_elsewhere(cell: Cell, epoch: int, data: DataSection, console: Console) -> Rows:
    """Scores per image of the model after an epoch on all images of another data set.

    Raises:
        DataError: an image of it was trained on.
    """
    path = cell.path / f"scores_all_of_{data.dataset}_epoch_{epoch:03}.csv"
    if not path.exists():
        samples = datasets.load(data.dataset, data.data_dir, **data.load_options)
        trained = {part: cell.samples(part) for part in ("train", "val")}
        datasets.check_leakage({**trained, f"all of {data.dataset}": samples})
        _score(cell, epoch, samples, path, console)
    return read_csv(path)


def chosen_epoch(cell: Cell, console: Console) -> int:
    """The kept epoch with the best mean Dice on the validation images; the earlier of equals."""
    return max(
        cell.config.checkpoints.keep_epochs, key=lambda epoch: mean_dice(cell_scores(cell, "val", epoch, console))
    )


def _score(cell: Cell, epoch: int, samples: Sequence[Any], path: Path, console: Console) -> None:
    console.print(f"{cell.name}: scoring {len(samples)} images after epoch {epoch}", highlight=False)
    rows, _ = evaluate(Predictor(cell.checkpoint(epoch)), samples, console)
    # A study loads dozens of models.
    keras.utils.clear_session()
    # At once: a table that was cut short would be read as if it were whole.
    write_csv(rows, part_of(path))
    put(part_of(path), path)
