"""Trainings of a study that were never run: run directories with scores made up for tests."""

import json
from collections.abc import Sequence
from typing import Any

from keras_rau.evaluation import write_csv
from keras_rau.evaluation.scores import KEYS
from keras_rau.study.cells import Cell

Dice = dict[int, tuple[Sequence[float], Sequence[float]]]


def finish(cell: Cell, dice: Dice, seconds: float = 60.0, starts: int = 1) -> None:
    """Write what a finished and scored training leaves: Dice of validation and test images by epoch."""
    cell.run.split.mkdir(parents=True)
    cell.run.config.write_text(cell.config.to_yaml())
    surroundings = {"git": "0123456789abcdef", "versions": {"keras": "3"}, "machine": {"cpu": "abacus", "cores": 2}}
    cell.run.environment.write_text(json.dumps({**surroundings, "earlier_starts": [{}] * (starts - 1)}))
    val, test = next(iter(dice.values()))
    training = {
        "parameters": 1234,
        "images": {"train": 9, "val": len(val), "test": len(test)},
        "seconds_in_fit_of_last_start": seconds,
    }
    cell.run.metrics.write_text(json.dumps({"training": training}))
    epochs = range(cell.config.epochs)
    cell.run.history.write_text("epoch,val_dice\n" + "".join(f"{e},{0.5 + 0.01 * e}\n" for e in epochs))
    for epoch, parts in dice.items():
        for part, values in zip(("val", "test"), parts, strict=True):
            ids = [f"{part}_{number}" for number in range(len(values))]
            write_csv(rows(ids, values), cell.path / f"scores_{part}_epoch_{epoch:03}.csv")


def rows(ids: Sequence[str], dice: Sequence[float]) -> list[dict[str, Any]]:
    """Scores per image; those besides Dice follow from it."""
    others = {"iou": lambda d: d / (2 - d), "miou": lambda d: (1 + d / (2 - d)) / 2}
    return [
        {"id": name, **{key: others.get(key, lambda d: d)(value) for key in KEYS}}
        for name, value in zip(ids, dice, strict=True)
    ]
