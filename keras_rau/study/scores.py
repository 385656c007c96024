"""Scores of a study's checkpoints: kept beside them, averaged over seeds, compared image by image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets
from keras_rau.errors import DataError
from keras_rau.evaluation import compare_scores, evaluate, read_csv, write_csv
from keras_rau.evaluation.paired import holm
from keras_rau.export import Predictor
from keras_rau.files import part_of, put
from keras_rau.study.cells import Cell
from keras_rau.training.config.data import DataSection

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


def mean_over_seeds(scores: Sequence[Rows]) -> Rows:
    """Scores per image, each the mean over the seeds.

    Raises:
        DataError: the seeds were not scored on the same images.
    """
    by_id = [{row["id"]: row for row in rows} for rows in scores]
    if any(each.keys() != by_id[0].keys() for each in by_id):
        raise DataError("The seeds of a study are scored on different images: give them one split.")
    keys = [key for key in scores[0][0] if key != "id"]
    return [
        {"id": name, **{key: sum(each[name][key] for each in by_id) / len(by_id) for key in keys}} for name in by_id[0]
    ]


def mean_dice(rows: Rows) -> float:
    """Mean over images."""
    return sum(row["dice"] for row in rows) / len(rows)


def paired_differences(rows: dict[str, Rows], reference: str, key: str = "dice") -> dict[str, dict[str, Any]]:
    """Every line against the reference, image by image, with p values adjusted after Holm (1979).

    Returns:
        What `compare_scores` returns, and `p_holm`, by label.
    """
    others = [label for label in rows if label != reference]
    return adjusted_together({label: compare_scores(rows[label], rows[reference], key) for label in others})


def adjusted_together(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Results of `compare_scores`, each with `p_holm`: its p value adjusted for the number of them."""
    adjusted = holm([result["p_value"] for result in found.values()])
    return {label: {**result, "p_holm": p} for (label, result), p in zip(found.items(), adjusted, strict=True)}
