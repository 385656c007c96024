"""What `class_weight` of `fit` means for masks: a weight of every pixel, by its class."""

from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from keras import ops

from keras_rau.outputs import Outputs


@contextmanager
def weighing(model: Any, class_weight: Mapping[int, float] | None) -> Any:
    """Let a model weigh the pixels of what it is trained on by their classes, while the context lasts.

    Args:
        model: one of ours.
        class_weight: a weight for each class number, of one lesion class for 0 and 1; `None`: every pixel counts alike.

    Raises:
        ValueError: a class has no weight, a number is none, or the classes overlap.
    """
    table = None if class_weight is None else checked_weights(class_weight, model.output_description, model.name)
    if table != model.traced_class_weight:
        # The weights are constants of the compiled step.
        model.train_function, model.traced_class_weight = None, table
    model.class_weight = table
    try:
        yield
    finally:
        model.class_weight = None


def checked_weights(class_weight: Any, outputs: Outputs, name: str) -> tuple[float, ...]:
    """Return the weights by class number.

    Raises:
        ValueError: see `weighing`.
    """
    if outputs.kind == "overlapping":
        raise ValueError(
            f"`class_weight` weighs a pixel by the one class it has, but the classes of model {name!r} may overlap. Weigh "
            "them in the loss instead, or give pixels a `sample_weight`."
        )
    wanted = list(range(max(2, outputs.channels)))
    given = dict(class_weight) if isinstance(class_weight, Mapping) else {}
    known = {int(key) for key in given if isinstance(key, (int, np.integer)) and not isinstance(key, bool)}
    numbers = all(isinstance(value, (int, float, np.number)) and 0 <= value < np.inf for value in given.values())
    if known != set(wanted) or len(given) != len(wanted) or not numbers:
        labels = ", ".join(f"{number} ({label})" for number, label in enumerate(outputs.labels))
        raise ValueError(
            f"`class_weight` must be a mapping with a finite number from 0 for each of {labels}. "
            f"Received: class_weight={class_weight!r}"
        )
    return tuple(float(given[number]) for number in wanted)


def pixel_weights(y: Any, sample_weight: Any, table: tuple[float, ...], channels: int) -> Any:
    """Return weights of pixels `(B, H, W)` for masks of one class, of class numbers or one-hot.

    Args:
        y: `(B, H, W[, 1])`; `(B, H, W, K)` one-hot; `(B, H, W, 2)` of a mask and its distances for one lesion class. Soft
            labels get a weight between those of their classes.
        sample_weight: weights of pixels to multiply by, or `None`.
        table: weight of each class.
        channels: of the model's output: two of `y` are one-hot masks for two, and a mask and its distances for one.

    Raises:
        ValueError: `sample_weight` weighs images.
    """
    y = ops.cast(y, "float32")
    planes = ops.expand_dims(y, -1) if len(y.shape) == 3 else y
    each = ops.convert_to_tensor(table, "float32")
    if channels > 1 and planes.shape[-1] == channels:
        weights = ops.sum(planes * each, axis=-1)
        known = ops.all(ops.logical_and(planes >= 0, planes <= 1), axis=-1)
    else:
        first = planes[..., 0]
        known = ops.logical_and(first >= 0, first <= len(table) - 1)
        if channels == 1:
            weights = table[0] + (table[1] - table[0]) * first
        else:
            known = ops.logical_and(known, ops.equal(first, ops.floor(first)))
            weights = ops.take(each, ops.clip(ops.cast(first, "int32"), 0, len(table) - 1), axis=0)
    # Never 0 for what is no label: it would not count then, and not be refused.
    weights = ops.where(known, weights, 1.0)
    if sample_weight is None:
        return weights
    if len(sample_weight.shape) < 3:
        raise ValueError(
            "`class_weight` weighs pixels, and `sample_weight` of shape "
            f"{tuple(sample_weight.shape)} images: they cannot be used together. Give weights of pixels (batch, height, "
            "width) as `sample_weight`."
        )
    given = ops.cast(sample_weight, "float32")
    return weights * (given[..., 0] if len(given.shape) == 4 else given)
