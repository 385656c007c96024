"""Several devices of one host, through TensorFlow."""

from typing import Any, Literal

import keras

from keras_rau.errors import UsageError
from keras_rau.training.building.optimizer import inner_optimizer


def mirrored_strategy(devices: int | Literal["all"] = "all") -> Any:
    """`tf.distribute.MirroredStrategy` of the GPUs of this host; of its logical CPU devices where there is no GPU.

    Args:
        devices: how many, or `"all"`.

    Raises:
        UsageError: there are fewer, or the backend is not TensorFlow.

    Example:
        >>> with mirrored_strategy().scope():
        ...     model = synchronise_normalization(models.from_preset("rau_net_small", weights=None))
        ...     model.compile("adam", loss=losses.CompoundLoss())
    """
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            "Several devices of one host need the TensorFlow backend (hardware.devices). "
            f"Received: {keras.backend.backend()}"
        )
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if devices != "all" and devices > len(found):
        kind = found[0].device_type
        raise UsageError(f"hardware.devices: this host has {len(found)} {kind} device(s). Received: {devices}")
    chosen = found if devices == "all" else found[:devices]
    # Collectives of CPU devices wait for each other in another order on each of them, and then fail.
    reduction = tf.distribute.ReductionToOneDevice() if chosen[0].device_type == "CPU" else None
    return tf.distribute.MirroredStrategy([device.name for device in chosen], cross_device_ops=reduction)


def synchronise_updates(optimizer: Any) -> Any:
    """Let an optimiser clip the gradient of the whole batch, and let all devices agree whether it is finite.

    Keras clips the gradient of each device's part before it adds them up, which gives other updates than one device does,
    and asks the first device alone whether a gradient in float16 has overflowed.

    Args:
        optimizer: of a model compiled within `mirrored_strategy().scope()`; files saved with it are not changed.

    Returns:
        The same optimiser.

    Example:
        >>> synchronise_updates(model.optimizer)
    """
    import tensorflow as tf

    inner = inner_optimizer(optimizer)
    clip = inner._clip_gradients

    add_up = inner._all_reduce_sum_gradients

    def clip_together(gradients: list[Any]) -> list[Any]:
        there = [(gradient, None) for gradient in gradients if gradient is not None]
        whole = iter(add_up(there))
        return clip([None if gradient is None else next(whole)[0] for gradient in gradients])

    inner._clip_gradients = clip_together
    # Once is enough.
    inner._all_reduce_sum_gradients = lambda pairs: pairs
    if inner is not optimizer:
        check = optimizer.check_finite

        def check_together(gradients: list[Any]) -> Any:
            context = tf.distribute.get_replica_context()
            finite = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(check(gradients), "float32"))
            return finite > context.num_replicas_in_sync - 0.5

        optimizer.check_finite = check_together
    return optimizer


def synchronise_normalization(model: keras.Model) -> keras.Model:
    """Let batch normalisation use the statistics of the whole batch instead of each device's part.

    Files saved from the model are not changed by it: loaded, it normalises by itself again.

    Args:
        model: the model, before it is trained.

    Returns:
        The same model.

    Example:
        >>> synchronise_normalization(model).compile("adam", loss="binary_crossentropy")
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
    return model
