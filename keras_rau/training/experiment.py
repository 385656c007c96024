"""A training from a configuration to a run directory."""

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets, models
from keras_rau.datasets.validation.report.page import write_report as write_validation
from keras_rau.files import flush, write_text
from keras_rau.training.building.model import checked_loss, fresh_model
from keras_rau.training.config import Config
from keras_rau.training.data.other_datasets import load_others
from keras_rau.training.data.pipelines import steps_per_epoch
from keras_rau.training.data.split import Split, load_split
from keras_rau.training.data.validation import validate_data
from keras_rau.training.distribution.strategy import TrainingStrategy
from keras_rau.training.fine_tuning.distillation import load_teacher, teach
from keras_rau.training.fine_tuning.freezing import check_freezing
from keras_rau.training.fine_tuning.initial_weights import check_unseen, initialise, load_start, start_line
from keras_rau.training.fitting import check_saving, fit, is_over
from keras_rau.training.report import write_report
from keras_rau.training.reproducibility import prepare_tensorflow, record_start
from keras_rau.training.run_directory import RunDirectory, alone, plain_disk_errors
from keras_rau.training.runs.checkpoints import checkpoint_bytes
from keras_rau.training.runs.fingerprint import Fingerprint, check_same_files, fingerprint
from keras_rau.training.runs.resume import (
    check_same_images,
    check_same_settings,
    newest_checkpoint,
    recover,
    resume_line,
    take_over,
)
from keras_rau.training.runs.state import TrainingState


def train(
    config: Config, output: Path, resume: bool = False, console: Console | None = None, validate: bool = False
) -> dict[str, Any]:
    """Train, choose the best checkpoint on validation data, score it on test data.

    Everything that can be known to be wrong before training (names, folders, files, sizes) is found before it.

    Args:
        config: the experiment.
        output: the run directory; new or empty, unless `resume`.
        resume: continue from the last saved state; starts afresh when there is none.
        console: where progress goes; standard error when `None`.
        validate: run `datasets.validate` before, stop on errors, and write its report into `validation/`.

    Returns:
        The content of `metrics.json`; of several hosts the first writes it, the others return `{}`.

    Raises:
        RauError: the configuration, the data or the output folder cannot be used, or the loss is not finite.
        Interruption: SIGINT or SIGTERM came; the state after the running step is saved.

    Example:
        >>> config = load_config(overrides={"data.data_dir": "phantoms", "data.options": {"n": 60}, "epochs": 2})
        >>> train(config, Path("runs/first"))["dice"]
    """
    console = console or Console(stderr=True)
    run = RunDirectory(Path(output))
    run.check(resume)
    check_saving(config)
    check_freezing(config)
    if resume:
        check_same_settings(config, run)
    prepare_tensorflow(config.seed)
    strategy = TrainingStrategy(config)
    with alone(run.path) if strategy.writes else nullcontext():
        return _train(config, run, strategy, resume, console, validate)


def _train(
    config: Config, run: RunDirectory, strategy: TrainingStrategy, resume: bool, console: Console, validate: bool
) -> dict[str, Any]:
    strategy.join()
    if resume and strategy.writes:
        recover(run)
    strategy.wait("recovered")
    saved = newest_checkpoint(run, lambda: steps_per_epoch(config, load_split(config, check=False))) if resume else None
    start = load_start(config) if config.init is not None and saved is None else None
    loss = checked_loss(config)
    teacher = load_teacher(config, loss)
    validation = (
        validate_data(config, lambda: load_split(config, check=False).looked_at(), console) if validate else None
    )
    split = load_split(config)
    files = fingerprint([*split.train, *split.val, *split.test, *split.more.named()])
    if saved is not None:
        check_same_images({**split.ids(), "more": split.more.names()}, run)
        check_same_files(files, run.files, run.path)
    for line in split.notes:
        console.print(f"note: {line}", highlight=False, markup=False, soft_wrap=True)
    for line in split.more.left_out:
        console.print(f"left out of also_train: {line}", highlight=False, markup=False, soft_wrap=True)
    others = load_others(config, {**split.sets(), "train": split.training})
    if start is not None:
        tested = {f"also_test {name}": samples for name, samples in others.items()}
        check_unseen(start, {**split.sets(), **tested}, config.data.allow_leakage)
    if teacher is not None:
        check_unseen(teacher, split.sets(), config.data.allow_leakage)
    with strategy.scope():
        model = fresh_model(config, loss, steps_per_epoch(config, split))
        strategy.prepare(model)
    if teacher is not None:
        teach(model, teacher, config)
    if saved is not None:
        with strategy.scope():
            take_over(model, saved)
    elif start is not None:
        console.print(start_line(start, initialise(model, start)), highlight=False, markup=False, soft_wrap=True)
    state = saved.state if saved is not None else TrainingState(0)
    changes: list[str] = []
    # The others have read what is rewritten now.
    strategy.wait("checked")
    if strategy.writes:
        run.create(checkpoint_bytes(model, config))
        with plain_disk_errors(run.path):
            changes = _write_inputs(config, run, split, model, files, state)
        if validation is not None:
            write_validation(validation, run.validation)
    strategy.wait("prepared")

    if resume:
        line = resume_line(run, state, config.epochs, steps_per_epoch(config, split))
        console.print(line, highlight=False, soft_wrap=True)
    if changes and saved is not None:
        console.print(f"other than at the start before: {'; '.join(changes)}", highlight=False, soft_wrap=True)
    started = time.monotonic()
    if not is_over(config, run, state, console):
        fit(model, config, run, split, state, console, strategy)
    strategy.leave()
    seconds = time.monotonic() - started
    if not strategy.writes:
        return {}
    with plain_disk_errors(run.path):
        return write_report(config, run, split, seconds, console, others)


def _write_inputs(
    config: Config, run: RunDirectory, split: Split, model: keras.Model, files: Fingerprint, state: TrainingState
) -> list[str]:
    """Write what the training starts from; what has changed since the start before is returned."""
    write_text(run.config, config.to_yaml())
    if state.position == (0, 0):
        # Of a resumed training they are the same, and must not be lost while they are written.
        datasets.save_split(run.split, train=split.train, val=split.val, test=split.test)
        split.more.save(run.split)
    if split.pairs is not None:
        datasets.write_pairs(split.pairs, run.split / "near_duplicates.csv")
    for path in run.split.iterdir():
        flush(path)
    files.write(run.files)
    more = {
        "data": files.summary(),
        "parameters": models.count_parameters(model),
        "resumed_after": {"epochs": state.epoch, "steps": state.step},
    }
    return record_start(run, model.dtype_policy.name, more)
