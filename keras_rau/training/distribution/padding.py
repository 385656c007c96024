"""The validation loss of batches that were filled up."""

from typing import Any

import keras


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
