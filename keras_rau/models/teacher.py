"""A trained model that another one learns from."""

from typing import Any

import keras
from keras import ops

from keras_rau.keras_internals import last_activation


class Teacher:
    """Mixes a model's maps into masks.

    No layer, so that the model that learns from it neither trains nor saves it.

    Args:
        model: maps images to probabilities `(B, H, W, 1)`, or to logits where it is a model of ours that says so.
        weight: its share, above 0 and at most 1.

    Raises:
        ValueError: the weight is out of range, or the model has several classes or outputs, no known output, or gives
            logits without saying so.
    """

    def __init__(self, model: keras.Model, weight: float) -> None:
        if not 0 < weight <= 1:
            raise ValueError(f"`weight` must be above 0 and at most 1. Received: weight={weight}")
        self.model, self.weight = model, weight
        self.logits = _gives_logits(model)

    def soften(self, images: Any, masks: Any) -> Any:
        """Targets `(B, H, W, 1)` from images `(B, H, W, 3)` and masks `(B, H, W[, 1])`.

        Values that are not labels, such as an `ignore_value`, stay what they are.

        Raises:
            ValueError: masks have several channels.
        """
        maps = ops.stop_gradient(self.model(images, training=False))
        maps = ops.sigmoid(maps) if self.logits else maps
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


def _gives_logits(model: keras.Model) -> bool:
    """Refuse a teacher whose maps cannot be told to be probabilities of one class."""
    outputs = getattr(model, "outputs", None) or []
    shapes = [tuple(one.shape) for one in outputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] != 1:
        found = f"outputs of the shapes {shapes}" if shapes else "a model whose output is not known before it is called"
        raise ValueError(
            "A teacher must be a functional or Sequential model that begins with keras.Input and gives one map of one class, "
            f"(batch, height, width, 1). Received: {found}"
        )
    described = getattr(model, "output_description", None)
    if described is not None:
        return described.logits
    if last_activation(model) == "linear":
        raise ValueError(
            f"The last layer of the teacher {model.name!r} has no activation, so that it may give logits. Add a sigmoid."
        )
    return False
