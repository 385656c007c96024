"""`model.fit` with the pipelines and callbacks of an experiment."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets, losses
from keras_rau.errors import UsageError
from keras_rau.training.building.model import reads_distance, target_channels
from keras_rau.training.building.monitor import monitor_of
from keras_rau.training.callbacks import (
    CaseImages,
    EarlyStopping,
    FrozenEncoder,
    PrecisionRecall,
    Progress,
    StopOnNonFinite,
    TensorBoardLog,
)
from keras_rau.training.callbacks.average import AveragedValidation, averaged_weights
from keras_rau.training.config import Config
from keras_rau.training.data.pipelines import training_data, validation_data
from keras_rau.training.data.split import Split, model_info
from keras_rau.training.distribution.hosts import plain_host_errors
from keras_rau.training.distribution.strategy import PaddedValidation, TrainingStrategy, whole_batches
from keras_rau.training.run_directory import RunDirectory, plain_disk_errors
from keras_rau.training.runs.checkpoints import Checkpoints, StopOnSignal
from keras_rau.training.runs.history import HistoryFile, read_history
from keras_rau.training.runs.interruption import Signals
from keras_rau.training.runs.resume import Continuation
from keras_rau.training.runs.state import TrainingState


def check_saving(config: Config) -> None:
    """Refuse what cannot be resumed.

    Raises:
        UsageError: states within an epoch are wanted on another backend than TensorFlow.
    """
    # Other backends take the data of a step before it can be passed over.
    if config.checkpoints.every_steps is not None and keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"checkpoints.every_steps needs the TensorFlow backend; on {keras.backend.backend()} a training is saved after "
            "every epoch. Leave it out."
        )


def fit(
    model: keras.Model,
    config: Config,
    run: RunDirectory,
    split: Split,
    state: TrainingState,
    console: Console,
    strategy: TrainingStrategy,
) -> None:
    """Train from `state` to the end of the experiment.

    Raises:
        Interruption: SIGINT or SIGTERM came; the state after the running step is saved.
    """
    from keras_rau.export.sidecar import write_sidecar

    def describe(path: Path) -> None:
        write_sidecar(path, model_info(config, split))

    target = "distance" if reads_distance(model.loss) else "mask"
    continuation = Continuation(state, target_channels(model, model.loss))
    if config.data.cache == "disk":
        console.print(
            f"opening the cache in {config.data.cache_dir}; it is written first where it does not fit", soft_wrap=True
        )
    train_data = training_data(config, split, target, lambda: continuation.position, strategy)
    val_data = validation_data(config, split, target, strategy)
    filled, _ = whole_batches(split.val, config.batch_size)
    stopping = early_stopping(config, run, state)
    checkpoints = Checkpoints(
        run.checkpoints,
        monitor_of(config),
        read_history(run.history, state.epoch),
        describe,
        config.checkpoints.keep_epochs,
        config.checkpoints.every_steps,
        state.position,
        averaged_weights,
    )

    def note() -> None:
        console.print("stopping after this step (once more: at once)", highlight=False)

    within_epochs = keras.backend.backend() == "tensorflow"
    signals = Signals(note)
    progress = Progress(config.epochs, console, config.monitor)
    # One of several hosts writes.
    writing = [
        HistoryFile(run.history, state.epoch),
        checkpoints,
        # After the model is safe: a log that cannot be written must not cost an epoch.
        tensorboard(config, run, split, state.epoch, val_data),
        progress,
    ]
    callbacks: Sequence[keras.callbacks.Callback] = [
        *([FrozenEncoder(config.frozen_encoder_epochs)] if config.frozen_encoder_epochs else []),
        continuation,
        StopOnNonFinite(),
        *([PaddedValidation(len(split.val), len(filled))] if strategy.shared else []),
        *([AveragedValidation()] if config.optimizer.ema is not None else []),
        *([stopping] if stopping else []),
        *(writing if strategy.writes else []),
        losses.BoundarySchedule(),
        *([] if strategy.several_hosts else [StopOnSignal(signals, checkpoints, within_epochs)]),
    ]
    if not strategy.shared and not model.optimizer.built:
        # In the first step Keras would make its variables, for which TensorFlow traces that step twice.
        model.optimizer.build(model.trainable_variables)
    try:
        with (
            plain_host_errors() if strategy.several_hosts else nullcontext(),
            plain_disk_errors(run.path),
            nullcontext() if strategy.several_hosts else signals,
        ):
            model.fit(
                train_data,
                validation_data=val_data,
                epochs=config.epochs,
                initial_epoch=state.epoch,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
    finally:
        # Keras tells nobody when it ends by an exception, and a live bar hides the cursor.
        progress.on_train_end()
    say_if_stopped(stopping, console)


def early_stopping(config: Config, run: RunDirectory, state: TrainingState) -> EarlyStopping | None:
    """The callback, with what it has seen in the finished epochs; `None` when it is not wanted."""
    if config.early_stopping is None:
        return None
    rows = read_history(run.history, state.epoch)
    return EarlyStopping(monitor_of(config), config.early_stopping, rows)


def is_over(config: Config, run: RunDirectory, state: TrainingState, console: Console) -> bool:
    """Return whether nothing is left to train; say so of a training that has stopped early."""
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
