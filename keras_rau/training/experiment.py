"""A training from a configuration to a run directory."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets, models
from keras_rau.datasets.validation.report.page import write_report as write_validation
from keras_rau.training.building import checked_loss, fresh_model
from keras_rau.training.config import Config
from keras_rau.training.fitting import fit, steps_per_epoch
from keras_rau.training.initial_weights import initialise
from keras_rau.training.other_tests import load_others
from keras_rau.training.report import write_report
from keras_rau.training.reproducibility import git_revision, machine, prepare_tensorflow, versions
from keras_rau.training.resume import (
    check_same_images,
    check_same_settings,
    newest_checkpoint,
    resume_line,
    take_over,
)
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.sets import Split, load_split
from keras_rau.training.validation import validate_data


def train(
    config: Config, output: Path, resume: bool = False, console: Console | None = None, validate: bool = False
) -> dict[str, Any]:
    """Train, choose the best checkpoint on validation data, score it on test data.

    Everything that can be known to be wrong before training (names, folders, files, sizes) is found before it.

    Args:
        config: the experiment.
        output: the run directory; new or empty, unless `resume`.
        resume: continue after the last finished epoch; starts afresh when there is none.
        console: where progress goes; standard error when `None`.
        validate: run `datasets.validate` before, stop on errors, and write its report into `validation/`.

    Returns:
        The content of `metrics.json`.

    Raises:
        RauError: the configuration, the data or the output folder cannot be used, or the loss is not finite.

    Example:
        >>> config = load_config(overrides={"data.data_dir": "phantoms", "data.options": {"n": 60}, "epochs": 2})
        >>> train(config, Path("runs/first"))["dice"]
    """
    console = console or Console(stderr=True)
    run = RunDirectory(Path(output))
    run.check(resume)
    if resume:
        check_same_settings(config, run)
    prepare_tensorflow(config.seed)
    saved = newest_checkpoint(run) if resume else None
    loss = checked_loss(config)
    validation = validate_data(config, lambda: load_split(config, check=False).sets(), console) if validate else None
    split = load_split(config)
    if saved is not None:
        check_same_images(split.ids(), run)
    others = load_others(config, split.sets())
    model = fresh_model(config, loss, steps_per_epoch(config, split))
    if saved is not None:
        take_over(model, saved)
    elif config.init is not None:
        initialise(model, config.init)
    run.create()
    _write_inputs(config, run, split, model)
    if validation is not None:
        write_validation(validation, run.validation)

    steps = steps_per_epoch(config, split)
    first_epoch = int(keras.ops.convert_to_numpy(model.optimizer.iterations)) // steps if saved is not None else 0
    if resume:
        console.print(resume_line(run, first_epoch, config.epochs), highlight=False)
    started = time.monotonic()
    if first_epoch < config.epochs:
        fit(model, config, run, split, first_epoch, console)
    seconds = time.monotonic() - started
    return write_report(config, run, split, seconds, console, others)


def _write_inputs(config: Config, run: RunDirectory, split: Split, model: keras.Model) -> None:
    run.config.write_text(config.to_yaml())
    datasets.save_split(run.split, train=split.train, val=split.val, test=split.test)
    if split.pairs is not None:
        datasets.write_pairs(split.pairs, run.split / "near_duplicates.csv")
    surroundings = {
        "command": " ".join(sys.argv),
        "versions": versions(),
        "git": git_revision(),
        "machine": machine(),
        "parameters": models.count_parameters(model),
    }
    run.environment.write_text(json.dumps(surroundings, indent=2) + "\n")
