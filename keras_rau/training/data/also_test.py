"""Data sets a model is tested on besides its own: those of another hospital, device or year."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau import datasets
from keras_rau.datasets.files import existing_folder
from keras_rau.evaluation import evaluate, write_csv
from keras_rau.export import Predictor
from keras_rau.training.config import Config


def load_others(config: Config, sets: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Load and check the samples of `also_test`, all of each data set.

    Args:
        config: the experiment.
        sets: the samples that are trained on and chosen by, by set.

    Raises:
        DataError: files are wrong, or images were trained on (unless `data.allow_leakage`).
    """
    others = {}
    for name, folder in config.also_test.items():
        # A missing folder of phantoms would be drawn.
        others[name] = datasets.load(name, existing_folder(folder), **config.data.class_option)
        datasets.check(others[name])
        known = {part: sets[part] for part in ("train", "val")}
        datasets.check_leakage({**known, f"also_test {name}": others[name]}, allow=config.data.allow_leakage)
    return others


def score_others(
    predictor: Predictor, others: Mapping[str, list[Any]], folder: Path, console: Console
) -> dict[str, dict[str, Any]]:
    """Scores by data set; those of every image go to `scores_NAME.csv` in `folder`."""
    results = {}
    for name, samples in others.items():
        rows, results[name] = evaluate(predictor, samples, console)
        write_csv(rows, folder / f"scores_{name}.csv")
    return results
