"""Scores, curves and overlays of a finished training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console

from keras_rau import datasets, models
from keras_rau.environment import machine, versions
from keras_rau.errors import RauError
from keras_rau.evaluation import Tile, evaluate, panel, plot_curves, write_csv, write_json
from keras_rau.export import Predictor
from keras_rau.files import part_of, put
from keras_rau.training.building.monitor import monitor_of
from keras_rau.training.config import Config
from keras_rau.training.data.other_datasets import score_others
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.history import read_history

_TILES = 12


def write_report(
    config: Config,
    run: RunDirectory,
    split: Any,
    seconds: float,
    console: Console,
    others: Mapping[str, list[Any]],
) -> dict[str, Any]:
    """Score the best checkpoint on validation and test data and write metrics.json, scores.csv, curves.png, overlays.png.

    Returns:
        The content of metrics.json: the test scores, under `validation` and `training` what belongs to them, and under
        `also_test` the scores of each data set of `others`.
    """
    predictor = Predictor(run.best)
    _, validation = evaluate(predictor, split.val, console)
    rows, test = evaluate(predictor, split.test, console)
    history = read_history(run.history)
    monitor = monitor_of(config)
    best_epoch = next(int(row["epoch"]) + 1 for row in history if row[monitor.name] == monitor.best(history))
    result = {
        **test,
        "model": str(run.best),
        "dataset": config.data.dataset,
        "split": "test",
        "versions": versions(),
        "validation": validation,
        "training": {
            "preset": config.model.name,
            "parameters": models.count_parameters(predictor.backend.model),
            "images": {name: len(ids) for name, ids in split.ids().items()}
            | ({"more": len(split.more.samples)} if split.more.samples else {}),
            "epochs": len(history),
            "best_epoch": best_epoch,
            "stopped_early": "stopped_early" in history[-1],
            "seconds_in_fit_of_last_start": round(seconds, 1),
            "seed": config.seed,
            "machine": machine(),
        },
    }
    if others:
        result["also_test"] = score_others(predictor, others, run.path, console)
    write_csv(rows, run.path / "scores.csv")
    _write_overlays(predictor, split.test, rows, run.path / "overlays.png")
    try:
        watched = monitor.name.removeprefix("val_")
        shown = watched if watched != "loss" else next(iter(config.metrics), "loss")
        plot_curves(history, run.path / "curves.png", shown, best_epoch)
    except RauError as error:
        console.print(f"curves.png is left out. {error}", highlight=False)
    # The last file, and at once: where it is, the report is complete.
    write_json(result, part_of(run.metrics))
    put(part_of(run.metrics), run.metrics)
    return result


def _write_overlays(predictor: Predictor, samples: list[Any], rows: list[dict[str, Any]], path: Path) -> None:
    """Images from the worst to the best, evenly by rank."""
    scores = {row["id"]: row["dice"] for row in rows}
    ranked = sorted(samples, key=lambda sample: scores[sample.id])
    count = min(_TILES, len(ranked))
    chosen = [ranked[round(number * (len(ranked) - 1) / max(count - 1, 1))] for number in range(count)]
    tiles = []
    for sample in chosen:
        image, truth = datasets.read_sample(sample)
        tiles.append(Tile(sample.id, image, truth, predictor.predict(image), scores[sample.id], predictor.outputs))
    Image.fromarray(panel(tiles)).save(path)
