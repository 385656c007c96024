"""`model.fit` with the pipelines and callbacks of an experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import datasets, losses
from keras_rau.training.building import reads_distance
from keras_rau.training.callbacks import Checkpoints, HistoryFile, Progress, StopOnNonFinite
from keras_rau.training.callbacks.history import read_history
from keras_rau.training.config import Config
from keras_rau.training.monitor import Monitor
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.sets import Split, model_info


def steps_per_epoch(config: Config, split: Split) -> int:
    """Steps of an epoch; the last batch may be short."""
    return -(-len(split.train) // config.batch_size)


def fit(
    model: keras.Model, config: Config, run: RunDirectory, split: Split, first_epoch: int, console: Console
) -> None:
    """Train from `first_epoch` to the end of the experiment."""
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
        "target": "distance" if reads_distance(model.loss) else "mask",
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
    kept = config.checkpoints.keep_epochs
    earlier = [row for row in read_history(run.history) if row["epoch"] < first_epoch]
    callbacks: Sequence[keras.callbacks.Callback] = [
        StopOnNonFinite(),
        HistoryFile(run.history, first_epoch),
        Checkpoints(run.checkpoints, Monitor(config.monitor, config.monitor_mode), earlier, describe, kept),
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
