"""Going on in the middle of an epoch."""

from typing import Any

import keras

from keras_rau.training.runs.state import TrainingState, restore_metrics


class Continuation(keras.callbacks.Callback):
    """Pass over the finished steps of the first epoch, and give its metrics back what they had gathered.

    Keras counts the steps as ever, so that every other callback sees the right numbers. For the TensorFlow
    backend.

    Args:
        state: where the training stands.
        target_channels: channels of the masks that the model is trained on.

    Attributes:
        position: of the running epoch: its number, and how many of its steps are passed over.
    """

    def __init__(self, state: TrainingState, target_channels: int = 1) -> None:
        super().__init__()
        self.state = state
        self.target_channels = target_channels
        self.position = state.position

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Say where the data of the epoch begin."""
        self.position = (epoch, self.state.step if epoch == self.state.epoch else 0)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Prepare the epoch, once every callback that compiles the model again has done so."""
        if batch == 0 and self.position[1]:
            self._build_metrics()
            restore_metrics(self.model, self.state)
            self._pass_over(self.position[1])

    def _build_metrics(self) -> None:
        # Metrics make their variables when they first see a batch.
        image = keras.ops.zeros((1, *self.model.inputs[0].shape[1:]))
        self.model.test_step((image, keras.ops.zeros((*image.shape[:3], self.target_channels))))

    def _pass_over(self, steps: int) -> None:
        real, logs, passed = self.model.train_function, self.model.get_metrics_result(), 0

        def train_function(iterator: Any) -> Any:
            nonlocal passed
            if passed < steps:
                # The data begin after these steps.
                passed += 1
                return logs
            self.model.train_function = real
            return real(iterator)

        self.model.train_function = train_function
