"""Several hosts, through JAX."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from keras_rau.errors import RauError, UsageError
from keras_rau.training.distribution.cluster import Cluster

# What JAX, gloo and NCCL say when a process they talk to is gone.
_GONE = ("Gloo", "gloo", "NCCL", "coordination service", "CoordinationService")


def join_hosts(cluster: Cluster) -> None:
    """Meet the other processes, and share every batch with them from now on.

    Call it before anything is computed. Every process must then do the same: build the same model from the same seed, and
    call `fit` with its part of each batch (`datasets.pipeline(…, shard=(index, count))`). What is shared out is the batch:
    losses, gradients and the statistics of batch normalisation are those of the whole one.

    Args:
        cluster: the processes, see `cluster_from_environment`.

    Raises:
        UsageError: the backend is not JAX.

    Example:
        >>> cluster = cluster_from_environment(os.environ)
        >>> join_hosts(cluster)
        >>> data = datasets.pipeline(train, batch_size=16, drop_remainder=True, shard=(cluster.index, cluster.count))
    """
    if keras.backend.backend() != "jax":
        raise UsageError(
            "Several hosts train together with JAX: set KERAS_BACKEND=jax (TensorFlow's MultiWorkerMirroredStrategy does not "
            f"work with fit of Keras 3). Received: {keras.backend.backend()}"
        )
    import jax

    # For hosts without GPUs; those with GPUs talk through NCCL.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(cluster.coordinator, cluster.count, cluster.index)
    # Every process feeds its own part, which is all of its data.
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


def leave_hosts() -> None:
    """Wait for the others, and go on alone."""
    import jax

    keras.distribution.set_distribution(None)
    jax.distributed.shutdown()


@contextmanager
def apart_from_hosts() -> Iterator[None]:
    """Within the context new variables are of this process alone, so that one host can save while the others wait.

    Keras makes an optimiser when it saves one, and shared variables can only be made by all processes together.

    Example:
        >>> if cluster.index == 0:
        ...     with apart_from_hosts():
        ...         model.save("model.keras")
    """
    shared = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


@contextmanager
def plain_host_errors() -> Iterator[None]:
    """Turn what JAX says of a host that has ended into one line.

    Raises:
        RauError: another process of the training is gone.

    Example:
        >>> with plain_host_errors():
        ...     model.fit(data)
    """
    try:
        yield
    except RauError:
        raise
    except Exception as error:
        if not any(word in str(error) for word in _GONE):
            raise
        raise RauError(
            "Another host of this training has ended or cannot be reached; its own output says why. Start all of them again "
            "with --resume."
        ) from error


def wait_for_hosts(name: str) -> None:
    """Wait until every process is here."""
    from jax.experimental.multihost_utils import sync_global_devices

    sync_global_devices(name)
