"""A warm-up in which the encoder is not trained."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras

from keras_rau.errors import UsageError
from keras_rau.training.building.optimizer import inner_optimizer
from keras_rau.training.fine_tuning.freezing import encoder_layers, frozen, late_start


class FrozenEncoder(keras.callbacks.Callback):
    """Leave the encoder as it is for the first epochs, with the statistics of its batch normalisation; then train all of it.

    The head of a model learns new images first, and its errors do not spoil the encoder meanwhile. Whether the encoder is
    frozen depends on the number of the epoch alone, so that a resumed training goes on as it began. It is frozen only
    while a step runs: what is saved is trainable as before. Neither weight decay nor a moving average of the weights (of the
    optimiser) moves what is frozen, and Adam begins with the encoder as at its own first step, where the number of steps of
    an epoch is known.

    Must come before the callbacks that save, such as `Checkpoints`, and before `Continuation`; for the TensorFlow backend.

    Args:
        epochs: how many.
        layers: names of the layers to freeze; `None`: those of `keras_rau.training.encoder_layers`.

    Raises:
        UsageError: the model has no such layers, or the backend is another; when the training begins.

    Example:
        >>> model.fit(data, epochs=10, callbacks=[keras_rau.training.FrozenEncoder(epochs=2)])
    """

    def __init__(self, epochs: int, layers: Sequence[str] | None = None) -> None:
        super().__init__()
        if epochs < 0:
            raise UsageError(f"`epochs` must not be negative. Received: epochs={epochs}")
        self.epochs = epochs
        self.names = layers
        self.layers: list[keras.layers.Layer] = []
        self.phase: bool | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the encoder, and prepare the optimiser for all weights."""
        if keras.backend.backend() != "tensorflow":
            raise UsageError(f"FrozenEncoder needs the TensorFlow backend. Received: {keras.backend.backend()}")
        self.layers = self._named(self.names) if self.names is not None else encoder_layers(self.model)
        self.phase = None
        with self.model.distribute_strategy.scope():
            self.model.optimizer.build(self.model.trainable_variables)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Freeze or let go."""
        frozen_now = epoch < self.epochs
        if frozen_now == self.phase:
            return
        self.phase = frozen_now
        # What is trainable is written into the compiled step.
        self.model.make_train_function(force=True)
        if frozen_now:
            self._run_steps_within(lambda: frozen(self.layers))
        elif self._updates():
            variables = [variable for layer in self.layers for variable in layer.trainable_variables]
            self._run_steps_within(lambda: late_start(self.model.optimizer, variables, self._updates()))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Undo the rounding by which a moving average leaves weights that stay the same."""
        optimizer = inner_optimizer(self.model.optimizer)
        if self.phase and optimizer.use_ema:
            for variable in [variable for layer in self.layers for variable in layer.trainable_variables]:
                average = optimizer._model_variables_moving_average[optimizer._get_variable_index(variable)]
                average.assign(variable)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leave the model as it was."""
        self.model.make_train_function(force=True)

    def _updates(self) -> int:
        """Updates of the weights that happened while the encoder was frozen; 0 if the steps of an epoch are unknown."""
        accumulated = inner_optimizer(self.model.optimizer).gradient_accumulation_steps or 1
        return self.epochs * ((self.params or {}).get("steps") or 0) // accumulated

    def _run_steps_within(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        step = self.model.train_function

        def train_function(iterator: Any) -> Any:
            with context():
                return step(iterator)

        self.model.train_function = train_function

    def _named(self, names: Sequence[str]) -> list[keras.layers.Layer]:
        known = [layer.name for layer in self.model.layers]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise UsageError(f"Model {self.model.name!r} has no layers {', '.join(unknown)}. Known: {', '.join(known)}")
        return [self.model.get_layer(name) for name in names]
