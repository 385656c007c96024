"""Training on one device, several, or several hosts."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import cycle, islice
from typing import Any

import keras

from keras_rau.errors import UsageError
from keras_rau.training.config import Config
from keras_rau.training.distribution.cluster import Cluster, cluster_from_environment
from keras_rau.training.distribution.devices import mirrored_strategy, synchronise_normalization, synchronise_updates
from keras_rau.training.distribution.hosts import join_hosts, leave_hosts, wait_for_hosts


class TrainingStrategy:
    """The devices and hosts of an experiment.

    Args:
        config: the experiment.

    Raises:
        UsageError: they are not there, or cannot share the batch alike.
    """

    def __init__(self, config: Config) -> None:
        hardware = config.hardware
        self.shared = config.hardware.shares_batches
        self.cluster = Cluster("", 1, 0)
        self.mirrored: Any = None
        if hardware.hosts > 1:
            self.cluster = _cluster(config)
        elif self.shared:
            if config.optimizer.accumulate > 1:
                raise UsageError(
                    "optimizer.accumulate does not work with several devices of one host (Keras updates the weights within a "
                    f"condition there): use a larger batch_size instead. Received: accumulate={config.optimizer.accumulate}"
                )
            self.mirrored = mirrored_strategy(hardware.devices)
            _check_batch(config.batch_size, self.mirrored.num_replicas_in_sync, "devices")

    @property
    def several_hosts(self) -> bool:
        """True if other processes train along."""
        return self.cluster.count > 1

    @property
    def writes(self) -> bool:
        """True if this process writes the run directory: one of them does."""
        return self.cluster.index == 0

    @property
    def shard(self) -> tuple[int, int]:
        """Number of the part of each batch that this process feeds, and of how many."""
        return self.cluster.index, self.cluster.count

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which the model is built and compiled."""
        return nullcontext() if self.mirrored is None else self.mirrored.scope()

    def prepare(self, model: keras.Model) -> None:
        """Make the model's layers work together across devices."""
        if self.mirrored is not None:
            synchronise_normalization(model)
            synchronise_updates(model.optimizer)

    def join(self) -> None:
        """Meet the other hosts, before anything is computed."""
        if self.several_hosts:
            join_hosts(self.cluster)

    def wait(self, name: str) -> None:
        """Wait for the other hosts."""
        if self.several_hosts:
            wait_for_hosts(name)

    def leave(self) -> None:
        """Part from the other hosts."""
        if self.several_hosts:
            leave_hosts()


def whole_batches(samples: Sequence[Any], batch_size: int) -> tuple[list[Any], list[float]]:
    """Fill the last batch with samples that weigh nothing.

    Returns:
        The samples, and the weight of each.

    Example:
        >>> whole_batches(["a", "b", "c"], 2)
        (['a', 'b', 'c', 'a'], [1.0, 1.0, 1.0, 0.0])
    """
    missing = -len(samples) % batch_size
    return [*samples, *islice(cycle(samples), missing)], [1.0] * len(samples) + [0.0] * missing


def _cluster(config: Config) -> Cluster:
    hosts = config.hardware.hosts
    if config.hardware.devices != 1:
        raise UsageError("hardware.hosts and hardware.devices do not go together: start one process for each device.")
    if config.seed is None:
        raise UsageError("Several hosts must start from the same weights: set a seed (--seed).")
    cluster = cluster_from_environment(os.environ)
    if cluster.count != hosts:
        raise UsageError(f"hardware.hosts is {hosts}, but the environment speaks of {cluster.count} processes.")
    _check_batch(config.batch_size, hosts, "hosts")
    return cluster


def _check_batch(batch_size: int, parts: int, what: str) -> None:
    if batch_size % parts:
        raise UsageError(f"A batch must be divisible among {parts} {what}. Received: batch_size={batch_size}")


class PaddedValidation(keras.callbacks.Callback):
    """Correct `val_loss` for images of weight zero, which Keras counts when it divides by their number.

    Metrics leave them out by themselves. Must come before the callbacks that read logs.

    Args:
        images: number of validation images.
        fed: number with those that fill the last batch.

    Example:
        >>> model.fit(data, validation_data=filled, callbacks=[PaddedValidation(images=205, fed=208)])
    """

    def __init__(self, images: int, fed: int) -> None:
        super().__init__()
        self.factor = fed / images

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Correct."""
        if logs and "val_loss" in logs:
            logs["val_loss"] = float(logs["val_loss"]) * self.factor
