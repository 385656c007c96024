"""A training from a configuration to a run directory."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
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
from keras_rau.training.data.validation import load_validated
from keras_rau.training.distribution.strategy import TrainingStrategy
from keras_rau.training.fine_tuning.distillation import load_teacher, teach
from keras_rau.training.fine_tuning.freezing import check_freezing
from keras_rau.training.fine_tuning.initial_weights import Start, check_unseen, initialise, load_start, start_line
from keras_rau.training.fitting import check_saving, fit, is_over
from keras_rau.training.report import write_report
from keras_rau.training.reproducibility import prepare_tensorflow, record_start
from keras_rau.training.run_directory import RunDirectory, alone, plain_disk_errors
from keras_rau.training.runs.checkpoints import checkpoint_bytes
from keras_rau.training.runs.fingerprint import Fingerprint, check_same_files, fingerprint
from keras_rau.training.runs.resume import (
    Checkpoint,
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


@dataclass(frozen=True)
class _Data:
    """The images of an experiment, loaded and checked.

    Attributes:
        split: those of its data set, and of `also_train`.
        others: those of `also_test`, by data set.
        files: sizes and hashes of what is trained, chosen and tested on.
        validation: outcome of the validation, where it was wanted.
    """

    split: Split
    others: dict[str, list[Any]]
    files: Fingerprint
    validation: datasets.Validation | None


def _train(
    config: Config, run: RunDirectory, strategy: TrainingStrategy, resume: bool, console: Console, validate: bool
) -> dict[str, Any]:
    strategy.join()
    if resume and strategy.writes:
        recover(run)
    strategy.wait("recovered")
    # What is quickly refused comes before the images, which take minutes.
    checkpoint = newest_checkpoint(run) if resume else None
    start = load_start(config) if config.init is not None and checkpoint is None else None
    loss = checked_loss(config)
    teacher = load_teacher(config, loss)

    data = _load_data(config, run, checkpoint, console, validate)
    _check_unseen(config, data, start, teacher)
    steps = steps_per_epoch(config, data.split)
    state = TrainingState(0) if checkpoint is None else checkpoint.state(steps)

    with strategy.scope():
        model = fresh_model(config, loss, steps)
        strategy.prepare(model)
    if teacher is not None:
        teach(model, teacher, config)
    if checkpoint is not None:
        with strategy.scope():
            take_over(model, checkpoint)
    elif start is not None:
        _say(console, start_line(start, initialise(model, start)))

    # The others have read what is rewritten now.
    strategy.wait("checked")
    changes = _write_inputs(config, run, data, model, state) if strategy.writes else []
    strategy.wait("prepared")
    if resume:
        console.print(resume_line(run, state, config.epochs, steps), highlight=False, soft_wrap=True)
    if changes and checkpoint is not None:
        console.print(f"other than at the start before: {'; '.join(changes)}", highlight=False, soft_wrap=True)
    started = time.monotonic()
    if not is_over(config, run, state, console):
        fit(model, config, run, data.split, state, console, strategy)
    strategy.leave()
    seconds = time.monotonic() - started
    if not strategy.writes:
        return {}
    with plain_disk_errors(run.path):
        return write_report(config, run, data.split, seconds, console, data.others)


def _load_data(
    config: Config, run: RunDirectory, checkpoint: Checkpoint | None, console: Console, validate: bool
) -> _Data:
    """Load all images once, and refuse to resume with others than those of the run."""
    split, validation = load_validated(config, console) if validate else (load_split(config), None)
    files = fingerprint([*split.train, *split.val, *split.test, *split.more.named()])
    if checkpoint is not None:
        check_same_images({**split.ids(), "more": split.more.names()}, run)
        check_same_files(files, run.files, run.path)
    for line in split.notes:
        _say(console, f"note: {line}")
    for line in split.more.left_out:
        _say(console, f"left out of also_train: {line}")
    return _Data(split, load_others(config, {**split.sets(), "train": split.training}), files, validation)


def _check_unseen(config: Config, data: _Data, start: Start | None, teacher: Start | None) -> None:
    """Refuse to test on what the models that are started from have learned."""
    sets = data.split.sets()
    if start is not None:
        tested = {f"also_test {name}": samples for name, samples in data.others.items()}
        check_unseen(start, {**sets, **tested}, config.data.allow_leakage)
    if teacher is not None:
        check_unseen(teacher, sets, config.data.allow_leakage)


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _write_inputs(
    config: Config, run: RunDirectory, data: _Data, model: keras.Model, state: TrainingState
) -> list[str]:
    """Write what the training starts from; what has changed since the start before is returned."""
    split = data.split
    run.create(checkpoint_bytes(model, config))
    with plain_disk_errors(run.path):
        write_text(run.config, config.to_yaml())
        if state.position == (0, 0):
            # Of a resumed training they are the same, and must not be lost while they are written.
            datasets.save_split(run.split, train=split.train, val=split.val, test=split.test)
            split.more.save(run.split)
        if split.pairs is not None:
            datasets.write_pairs(split.pairs, run.split / "near_duplicates.csv")
        for path in run.split.iterdir():
            flush(path)
        data.files.write(run.files)
        more = {
            "data": data.files.summary(),
            "parameters": models.count_parameters(model),
            "resumed_after": {"epochs": state.epoch, "steps": state.step},
        }
        changes = record_start(run, model.dtype_policy.name, more)
    if data.validation is not None:
        write_validation(data.validation, run.validation)
    return changes
