"""The callbacks that watch an experiment: early stopping and TensorBoard."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets
from keras_rau.training.building.monitor import monitor_of
from keras_rau.training.callbacks import CaseImages, EarlyStopping, PrecisionRecall, TensorBoardLog
from keras_rau.training.callbacks.average import averaged_weights
from keras_rau.training.config import Config
from keras_rau.training.data.split import Split
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.history import read_history
from keras_rau.training.runs.state import TrainingState


def early_stopping(config: Config, run: RunDirectory, state: TrainingState) -> EarlyStopping | None:
    """The callback, with what it has seen in the finished epochs; `None` when it is not wanted."""
    if config.early_stopping is None:
        return None
    rows = read_history(run.history, state.epoch)
    return EarlyStopping(monitor_of(config), config.early_stopping, rows)


def is_over(config: Config, run: RunDirectory, state: TrainingState, console: Console) -> bool:
    """Whether there is nothing left to train; says so of a training that has stopped early."""
    stopping = early_stopping(config, run, state)
    say_if_stopped(stopping, console)
    return state.epoch >= config.epochs or (stopping is not None and stopping.finished)


def say_if_stopped(stopping: EarlyStopping | None, console: Console) -> None:
    """Say why a training ended before its last epoch."""
    if stopping is not None and stopping.finished:
        console.print(
            f"stopped early after epoch {len(stopping.rows)}: no better {stopping.monitor.name} for "
            f"{stopping.patience} epoch{'s' if stopping.patience > 1 else ''}",
            highlight=False,
            soft_wrap=True,
        )


def tensorboard(
    config: Config, run: RunDirectory, split: Split, first_epoch: int, val_data: Iterable[Any]
) -> TensorBoardLog:
    """The callback for TensorBoard with the images and curves of the configuration.

    With several hosts there are none: one host alone cannot run a model that is shared by all.
    """
    wanted = config.tensorboard
    every = wanted.every if config.hardware.hosts == 1 else None
    summaries: list[Callable[[keras.Model, int], None]] = []
    cases = _spread(split.val, wanted.images)
    if cases and every is not None:
        batch = datasets.pipeline(
            cases,
            image_size=config.data.image_size,
            batch_size=len(cases),
            resize=config.data.resize,
            preprocess=config.data.preprocess,
            cache="none",
        )
        images, masks = next(iter(batch))
        summaries.append(CaseImages([sample.id for sample in cases], images, masks))
    if wanted.pr_curves:
        summaries.append(PrecisionRecall(val_data))
    return TensorBoardLog(run.logs, first_epoch, every, summaries, averaged_weights)


def _spread(samples: list[Any], count: int) -> list[Any]:
    """Some samples, evenly from all of the list."""
    count = min(count, len(samples))
    return [samples[number * len(samples) // count] for number in range(count)]
