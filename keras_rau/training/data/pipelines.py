"""The pipelines of an experiment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_rau import datasets
from keras_rau.errors import UsageError
from keras_rau.training.config import Config
from keras_rau.training.data.split import Split
from keras_rau.training.distribution.strategy import TrainingStrategy, whole_batches


def steps_per_epoch(config: Config, split: Split) -> int:
    """Steps of an epoch; the last batch may be short, unless it is shared among devices or hosts.

    Raises:
        UsageError: there is no whole batch to share.
    """
    if not config.hardware.shares_batches:
        return -(-split.in_epoch // config.batch_size)
    if split.in_epoch < config.batch_size:
        raise UsageError(
            f"batch_size is {config.batch_size}, but there are {split.in_epoch} training images: devices and hosts share "
            "whole batches."
        )
    return split.in_epoch // config.batch_size


def training_data(
    config: Config, split: Split, target: str, position: Callable[[], tuple[int, int]], strategy: TrainingStrategy
) -> Any:
    """The `tf.data.Dataset` that is trained on.

    Args:
        config: the experiment.
        split: its samples.
        target: `"mask"` or `"distance"`.
        position: gives the epoch, and how many of its steps to pass over.
        strategy: who shares the batches.
    """
    import tensorflow as tf

    data = datasets.pipeline(
        split.training,
        augment=config.data.augment,
        shuffle_seed=_seed(config),
        position=position,
        weights=split.weights,
        styles=split.styles,
        drawn=None if split.drawn is None else (len(split.train), split.drawn),
        drop_remainder=strategy.shared,
        shard=strategy.shard,
        **_shared(config, target, "train"),
    )
    # The first epoch may be shorter, which nobody sees: its finished steps are passed over.
    return data.apply(tf.data.experimental.assert_cardinality(steps_per_epoch(config, split)))


def validation_data(config: Config, split: Split, target: str, strategy: TrainingStrategy) -> Any:
    """The `tf.data.Dataset` that is validated on; shared batches are filled up with images that weigh nothing."""
    samples, weights = whole_batches(split.val, config.batch_size) if strategy.shared else (split.val, None)
    return datasets.pipeline(samples, weights=weights, shard=strategy.shard, **_shared(config, target, "val"))


def _seed(config: Config) -> int:
    return config.seed if config.seed is not None else 0


def _shared(config: Config, target: str, name: str) -> dict[str, Any]:
    data = config.data
    folder: Path | None = data.cache_dir and data.cache_dir / name
    return {
        "image_size": data.image_size,
        "batch_size": config.batch_size,
        "resize": data.resize,
        "preprocess": data.preprocess,
        "cache": data.cache,
        "cache_dir": folder,
        "target": target,
    }
