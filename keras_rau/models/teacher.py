"""A trained model that another one learns from."""

from typing import Any

import keras
from keras import ops


class Teacher:
    """Mixes a model's maps into masks.

    No layer, so that the model that learns from it neither trains nor saves it.

    Args:
        model: maps images to probabilities `(B, H, W, 1)`.
        weight: its share, above 0 and at most 1.

    Raises:
        ValueError: the weight is out of range, or the model has several classes.
    """

    def __init__(self, model: keras.Model, weight: float) -> None:
        if not 0 < weight <= 1:
            raise ValueError(f"`weight` must be above 0 and at most 1. Received: weight={weight}")
        if model.output.shape[-1] != 1:
            raise ValueError(f"A teacher must have one class. Received: {model.output.shape[-1]} classes")
        self.model, self.weight = model, weight

    def soften(self, images: Any, masks: Any) -> Any:
        """Targets `(B, H, W, 1)` from images `(B, H, W, 3)` and masks `(B, H, W[, 1])`.

        Values that are not labels, such as an `ignore_value`, stay what they are.

        Raises:
            ValueError: masks have several channels.
        """
        maps = ops.stop_gradient(self.model(images, training=False))
        masks = ops.cast(masks, maps.dtype)
        if len(masks.shape) == 3:
            masks = ops.expand_dims(masks, -1)
        if masks.shape[-1] != 1:
            raise ValueError(
                "A model that learns from another takes masks of one channel, without a distance map. "
                f"Received: masks of shape {tuple(masks.shape)}"
            )
        labels = ops.logical_and(masks >= 0, masks <= 1)
        return ops.where(labels, (1 - self.weight) * masks + self.weight * maps, masks)
