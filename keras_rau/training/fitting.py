"""`model.fit` with the pipelines and callbacks of an experiment."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import keras
from rich.console import Console

from keras_rau import losses
from keras_rau.errors import UsageError
from keras_rau.training.building.model import reads_distance, target_channels
from keras_rau.training.building.monitor import monitor_of
from keras_rau.training.callbacks import (
    Checkpoints,
    Continuation,
    FrozenEncoder,
    HistoryFile,
    Progress,
    StopOnNonFinite,
    StopOnSignal,
)
from keras_rau.training.callbacks.average import AveragedValidation, averaged_weights
from keras_rau.training.config import Config
from keras_rau.training.data.pipelines import training_data, validation_data
from keras_rau.training.data.split import Split, model_info
from keras_rau.training.distribution.hosts import plain_host_errors
from keras_rau.training.distribution.padding import PaddedValidation
from keras_rau.training.distribution.strategy import Workplace, whole_batches
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.history import read_history
from keras_rau.training.runs.interruption import Signals
from keras_rau.training.runs.state import TrainingState
from keras_rau.training.watching import early_stopping, say_if_stopped, tensorboard
from keras_rau.training.writing import plain_disk_errors


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
    workplace: Workplace,
) -> None:
    """Train from `state` to the end of the experiment.

    Raises:
        Interruption: SIGINT or SIGTERM came; the state after the running step is saved.
    """
    from keras_rau.datasets.feeding.plain_errors import plain_errors
    from keras_rau.export.sidecar import write_sidecar

    def describe(path: Path) -> None:
        write_sidecar(path, model_info(config, split))

    target = "distance" if reads_distance(model.loss) else "mask"
    continuation = Continuation(state, target_channels(model, model.loss))
    if config.data.cache == "disk":
        console.print(
            f"opening the cache in {config.data.cache_dir}; it is written first where it does not fit", soft_wrap=True
        )
    train_data = training_data(config, split, target, lambda: continuation.position, workplace)
    val_data = validation_data(config, split, target, workplace)
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
        *([PaddedValidation(len(split.val), len(filled))] if workplace.shared else []),
        *([AveragedValidation()] if config.optimizer.ema is not None else []),
        *([stopping] if stopping else []),
        *(writing if workplace.writes else []),
        losses.BoundarySchedule(),
        *([] if workplace.several_hosts else [StopOnSignal(signals, checkpoints, within_epochs)]),
    ]
    if not workplace.shared and not model.optimizer.built:
        # In the first step Keras would make its variables, for which TensorFlow traces that step twice.
        model.optimizer.build(model.trainable_variables)
    try:
        with (
            plain_host_errors() if workplace.several_hosts else nullcontext(),
            plain_disk_errors(run.path),
            plain_errors(),
            nullcontext() if workplace.several_hosts else signals,
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
