"""A moving average of the weights, validated and kept in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_rau.training.building.optimizer import inner_optimizer


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Within the context the model has the moving average of its weights; then its own again.

    Nothing happens where the optimiser keeps no average (`use_ema=True`).

    Example:
        >>> with averaged_weights(model):
        ...     model.save("averaged.keras")
    """
    optimizer = inner_optimizer(model.optimizer)
    if not getattr(optimizer, "use_ema", False) or not optimizer.built:
        yield
        return
    # All that the optimiser was built with, whatever is frozen just now.
    pairs = list(zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True))
    own = [_value(variable) for variable, _ in pairs]
    try:
        for variable, average in pairs:
            variable.assign(keras.ops.copy(average) if keras.backend.backend() == "jax" else average)
        yield
    finally:
        for (variable, _), value in zip(pairs, own, strict=True):
            variable.assign(value)


def _value(variable: Any) -> Any:
    # Of several hosts one alone may save: JAX compares values that come from outside among all, but not its own arrays.
    # These must not be in two places, for a step deletes what the model had before.
    if keras.backend.backend() == "jax":
        return variable.value
    return keras.ops.convert_to_numpy(variable).copy()


class AveragedValidation(keras.callbacks.Callback):
    """Validate with the moving average of the weights that the optimiser keeps (`use_ema=True`).

    The training itself goes on with the weights as they are. To save the average, see `averaged_weights`, which
    `Checkpoints(averaged=averaged_weights)` takes.

    `keras.callbacks.SwapEMAWeights` does not serve here: it swaps by adding and subtracting, after which the weights differ by
    about 1e-7 and a resumed training is no longer the same to the bit; it would save the average as `last.keras`, from which a
    training is resumed; and after early stopping it leaves the model without its average.

    Example:
        >>> model.compile(keras.optimizers.AdamW(use_ema=True, ema_momentum=0.999), loss="binary_crossentropy")
        >>> model.fit(data, validation_data=val, callbacks=[AveragedValidation()])
    """

    def __init__(self) -> None:
        super().__init__()
        self.context: Any = None

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Put the average in."""
        self.context = averaged_weights(self.model)
        self.context.__enter__()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Put the weights back."""
        self.context.__exit__(None, None, None)
