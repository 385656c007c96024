"""The encoder of a model, held still while a step runs."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_rau.errors import UsageError
from keras_rau.training.building.optimizer import inner_optimizer
from keras_rau.training.config import Config


def encoder_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The path down of a U-shape: its layers `encoder_…` and `bottleneck`, whichever encoder it is built on.

    Raises:
        UsageError: no layer of the model is called so.

    Example:
        >>> [layer.name for layer in encoder_layers(models.UNet((64, 64, 3), depth=2))]
        ['encoder_0', 'encoder_1', 'bottleneck']
    """
    found = [layer for layer in model.layers if layer.name.startswith("encoder_") or layer.name == "bottleneck"]
    if not found:
        raise UsageError(
            f"Model {model.name!r} has no layers called encoder_… or bottleneck. Name those that make up its encoder. "
            f"Received: {', '.join(layer.name for layer in model.layers[:10])}, …"
        )
    return found


def check_freezing(config: Config) -> None:
    """Refuse a warm-up with a frozen encoder that makes no sense or cannot be.

    Raises:
        UsageError: the encoder has learned nothing, or the backend is not TensorFlow.
    """
    if not config.frozen_encoder_epochs:
        return
    if config.init is None and config.model.arguments.get("encoder_weights") is None:
        raise UsageError(
            "frozen_encoder_epochs would keep an encoder that has learned nothing: name what to start from (--init), or "
            f"encoder_weights of the model. Received: frozen_encoder_epochs={config.frozen_encoder_epochs}"
        )
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"frozen_encoder_epochs needs the TensorFlow backend. Received: {keras.backend.backend()}. Leave it out."
        )


@contextmanager
def frozen(layers: Collection[keras.layers.Layer]) -> Iterator[None]:
    """Not trainable within the context, and as before after it; batch normalisation then uses its moving statistics.

    Example:
        >>> with frozen(encoder_layers(model)):
        ...     model.train_on_batch(images, masks)
    """
    parts = [part for layer in layers for part in layer._flatten_layers()]
    variables = [variable for layer in layers for variable in layer.variables]
    before = [(each, each.trainable) for each in (*parts, *variables)]
    try:
        for layer in layers:
            layer.trainable = False
        yield
    finally:
        # In this order: a layer passes its own value on to the layers and variables in it.
        for each, trainable in before:
            each.trainable = trainable


@contextmanager
def late_start(optimizer: Any, variables: Collection[Any], updates: int) -> Iterator[None]:
    """Within the context Adam counts the updates of some variables from 0, although others were trained before.

    Adam makes up for its averages, which begin at zero, by the number of updates; and Keras counts once for all variables.
    Without this, variables that are trained only after a hundred updates of the others would move up to 6.5 times as fast
    as the learning rate says, just where a fine-tuning should be careful. Other optimisers are left alone.

    Args:
        optimizer: a built optimiser, of the TensorFlow backend.
        variables: what is trained late.
        updates: how many updates the others had before.
    """
    adam = inner_optimizer(optimizer)
    if not isinstance(adam, keras.optimizers.Adam) or updates <= 0:
        yield
        return
    late = {adam._get_variable_index(variable) for variable in variables}
    update = adam.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        if adam._get_variable_index(variable) in late:
            done = keras.ops.cast(adam.iterations + 1, "float32")
            own = keras.ops.maximum(done - updates, 1.0)
            learning_rate = learning_rate * _correction(adam, own) / _correction(adam, done)
        update(gradient, variable, learning_rate)

    adam.update_step = update_step
    try:
        yield
    finally:
        del adam.update_step


def _correction(adam: Any, updates: Any) -> Any:
    return keras.ops.sqrt(1 - adam.beta_2**updates) / (1 - adam.beta_1**updates)
