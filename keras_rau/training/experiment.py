"""A training from a configuration to a run directory."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets, losses, metrics, models
from keras_rau.datasets.validation.report.page import write_report as write_validation
from keras_rau.errors import RauError, UsageError
from keras_rau.export.checks import load_keras
from keras_rau.suggestion import did_you_mean
from keras_rau.training.callbacks import Checkpoints, HistoryFile, Progress, StopOnNonFinite
from keras_rau.training.callbacks.history import read_history
from keras_rau.training.config import Config
from keras_rau.training.optimizer import build_optimizer
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
from keras_rau.training.validation import validate_data


@dataclass
class Split:
    """The three sets of samples of a run, and the near duplicates that were searched for before."""

    train: list[Any]
    val: list[Any]
    test: list[Any]
    pairs: list[Any] | None = None

    def sets(self) -> dict[str, list[Any]]:
        """Samples by set."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def ids(self) -> dict[str, list[str]]:
        """Ids by set."""
        return {name: [sample.id for sample in chosen] for name, chosen in self.sets().items()}


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
    loss = _checked_loss(config)
    validation = validate_data(config, lambda: load_split(config, check=False).sets(), console) if validate else None
    split = load_split(config)
    if saved is not None:
        check_same_images(split.ids(), run)
    others = load_others(config, split.sets())
    model = _fresh_model(config, loss, _steps(config, split))
    if saved is not None:
        take_over(model, saved)
    elif config.init is not None:
        _initialise(model, config.init)
    run.create()
    _write_inputs(config, run, split, model)
    if validation is not None:
        write_validation(validation, run.validation)

    steps = _steps(config, split)
    first_epoch = int(keras.ops.convert_to_numpy(model.optimizer.iterations)) // steps if saved is not None else 0
    if resume:
        console.print(resume_line(run, first_epoch, config.epochs), highlight=False)
    started = time.monotonic()
    if first_epoch < config.epochs:
        _fit(model, config, run, split, first_epoch, console)
    seconds = time.monotonic() - started
    return write_report(config, run, split, seconds, console, others)


def load_split(config: Config, check: bool = True) -> Split:
    """Load, check (which decodes every file) and split the samples of a configuration."""
    data = config.data
    if data.data_dir is None:
        raise RauError("The folder of the images is missing: name it with --data-dir (data.data_dir).")
    samples = datasets.load(data.dataset, data.data_dir, **data.options)
    if check:
        datasets.check(samples)
    pairs = None
    if data.near_duplicates is not None:
        pairs = datasets.near_duplicates(samples) if data.near_duplicates == "find" else data.near_duplicates
        samples = datasets.with_groups(samples, pairs)
    if data.split_dir is not None:
        parts = datasets.load_split(data.split_dir, samples, missing=data.split_missing)
        sets = parts["train"], parts["val"], parts["test"]
    elif data.folds is not None:
        sets = datasets.folds(samples, data.folds, data.split_seed, data.stratify, data.split[1])[data.fold]
    else:
        sets = datasets.split(
            samples, data.split, seed=data.split_seed, stratify=data.stratify, official=data.official_split
        )
    split = Split(*sets, pairs=pairs if data.near_duplicates == "find" else None)
    if check:
        datasets.check_leakage(split.sets(), allow=data.allow_leakage, pairs=pairs)
    return split


def _checked_loss(config: Config) -> keras.losses.Loss:
    """The loss; unknown names of models, losses and policies are found here, before any file is read."""
    if config.model.name not in models.list_presets():
        hint = did_you_mean(config.model.name, models.list_presets())
        raise UsageError(
            f"Unknown model. {hint}Known: {', '.join(models.list_presets())}. Received: {config.model.name!r}"
        )
    try:
        datasets.get_policy(config.data.augment)
        return losses.get(config.loss.name, **config.loss.arguments)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _reads_distance(loss: Any) -> bool:
    return any(isinstance(part, losses.BoundaryLoss) for part in loss.parts())


def _steps(config: Config, split: Split) -> int:
    return -(-len(split.train) // config.batch_size)


def _fresh_model(config: Config, loss: keras.losses.Loss, steps: int) -> keras.Model:
    arguments = {"input_shape": (*config.data.image_size, 3), **config.model.arguments}
    try:
        model = models.from_preset(config.model.name, weights=None, **arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(f"Model {config.model.name}: {error}") from error
    _check_fits(loss, model, config.data.image_size)
    model.compile(
        build_optimizer(config.optimizer, steps, config.epochs),
        loss=loss,
        metrics=[metrics.DiceScore(), metrics.IoU()],
    )
    return model


def _check_fits(loss: keras.losses.Loss, model: keras.Model, size: tuple[int, int]) -> None:
    """Some losses want several classes, others one: found here, not in the first step."""
    target = keras.ops.zeros((1, *size, 2 if _reads_distance(loss) else 1))
    try:
        loss(target, keras.ops.full((1, *size, model.output.shape[-1]), 0.5))
    except ValueError as error:
        raise UsageError(f"The loss does not fit model {model.name}: {error}") from error


def _initialise(model: keras.Model, source: str) -> None:
    """Start from the weights of a model file, or of the best model of a run directory."""
    path = RunDirectory(Path(source)).best if Path(source).is_dir() else Path(source)
    if not path.exists():
        raise RauError(f"The model to start from does not exist: {path}. Received: --init {source}")
    trained = load_keras(path)
    try:
        model.set_weights(trained.get_weights())
    except ValueError as error:
        raise RauError(f"Cannot start from {source}: {str(error).strip().splitlines()[0]}") from error


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


def _fit(
    model: keras.Model, config: Config, run: RunDirectory, split: Split, first_epoch: int, console: Console
) -> None:
    from keras_rau.datasets.feeding.tf_pipeline import plain_errors
    from keras_rau.export.sidecar import write_sidecar

    def describe(path: Path) -> None:
        write_sidecar(path, model_info(config, split))

    data = config.data
    shared: dict[str, Any] = {
        "image_size": data.image_size,
        "batch_size": config.batch_size,
        "resize": data.resize,
        "preprocess": data.preprocess,
        "cache": data.cache,
        "target": "distance" if _reads_distance(model.loss) else "mask",
    }
    seed = config.seed if config.seed is not None else 0
    folders = {name: data.cache_dir and data.cache_dir / name for name in ("train", "val")}
    if data.cache == "disk":
        console.print(
            f"opening the cache in {data.cache_dir}; it is written first where it does not fit", soft_wrap=True
        )
    train_data = datasets.pipeline(
        split.train,
        augment=data.augment,
        shuffle_seed=seed,
        start_epoch=first_epoch,
        cache_dir=folders["train"],
        **shared,
    )
    val_data = datasets.pipeline(split.val, cache_dir=folders["val"], **shared)
    earlier = [row for row in read_history(run.history) if row["epoch"] < first_epoch]
    callbacks: Sequence[keras.callbacks.Callback] = [
        StopOnNonFinite(),
        HistoryFile(run.history, first_epoch),
        Checkpoints(run.checkpoints, config.monitor, earlier, describe),
        Progress(config.epochs, console),
        losses.BoundarySchedule(),
        keras.callbacks.TensorBoard(str(run.logs), write_graph=False),
    ]
    with plain_errors():
        model.fit(
            train_data,
            validation_data=val_data,
            epochs=config.epochs,
            initial_epoch=first_epoch,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )


def model_info(config: Config, split: Split) -> dict[str, Any]:
    """What travels with a trained model: how it was fed, and on which images it was trained and chosen."""
    return {
        "name": config.model.name,
        "dataset": config.data.dataset,
        "image_size": list(config.data.image_size),
        "resize": config.data.resize,
        "preprocess": config.data.preprocess,
        "split": split.ids(),
    }
