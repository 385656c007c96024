"""Scores of a cell's checkpoints, kept beside them."""

from typing import Any

from rich.console import Console

from keras_rau import datasets
from keras_rau.evaluation import evaluate, read_csv, write_csv
from keras_rau.export import Predictor
from keras_rau.training.study.cells import Cell, Source

Rows = list[dict[str, Any]]


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
        rows, _ = evaluate(Predictor(cell.checkpoint(epoch)), cell.samples(part), console)
        write_csv(rows, path)
    return read_csv(path)


def scores_elsewhere(cell: Cell, epoch: int, source: Source, console: Console) -> Rows:
    """Scores per image of the model after an epoch on all images of another data set.

    Raises:
        DataError: an image of it was trained on.
    """
    path = cell.path / f"scores_all_of_{source.dataset}_epoch_{epoch:03}.csv"
    if not path.exists():
        samples = datasets.load(source.dataset, source.data_dir)
        trained = {part: cell.samples(part) for part in ("train", "val")}
        datasets.check_leakage({**trained, f"all of {source.dataset}": samples})
        rows, _ = evaluate(Predictor(cell.checkpoint(epoch)), samples, console)
        write_csv(rows, path)
    return read_csv(path)


def chosen_epoch(cell: Cell, console: Console) -> int:
    """The kept epoch with the best mean Dice on the validation images; the earlier of equals."""

    def dice(epoch: int) -> float:
        rows = cell_scores(cell, "val", epoch, console)
        return sum(row["dice"] for row in rows) / len(rows)

    return max(cell.config.checkpoints.keep_epochs, key=dice)
