"""Shapes, sample weights and counted pixels of mask tensors, as losses and metrics understand them."""

import math
from typing import Any

from keras import ops

from keras_rau.pixel_values import seen


def as_maps(values: Any, name: str) -> Any:
    """`(B, H, W[, K])` as float32 `(B, H, W, K)`."""
    values = ops.cast(ops.convert_to_tensor(values), "float32")
    rank = len(values.shape)
    if rank not in (3, 4):
        raise ValueError(
            f"`{name}` must have shape (batch, height, width) or (batch, height, width, channels). "
            f"Received: {name} of shape {tuple(values.shape)}"
        )
    return ops.expand_dims(values, -1) if rank == 3 else values


def flatten_pixels(values: Any) -> Any:
    """`(B, H, W, K)` as `(B, H·W, K)`."""
    return ops.reshape(values, (ops.shape(values)[0], -1, values.shape[3]))


def split_weight(sample_weight: Any, y_true: Any) -> tuple[Any, Any]:
    """Return weights of images and weights of pixels; one of them is `None`.

    Raises:
        ValueError: the shape is of neither, or (eagerly) a weight is negative; it becomes NaN where it cannot be seen.
    """
    if sample_weight is None:
        return None, None
    weight = _not_negative(ops.convert_to_tensor(sample_weight, "float32"))
    shape, wanted = tuple(weight.shape), tuple(ops.convert_to_tensor(y_true).shape)
    if shape in ((), (1,)) or (len(shape) == 1 and _fits(shape[:1], wanted[:1])):
        return weight, None
    if len(shape) == 2 and shape[1] == 1 and _fits(shape[:1], wanted[:1]):
        return ops.squeeze(weight, -1), None
    one_channel = len(shape) == 3 or (len(shape) == 4 and shape[3] == 1)
    if one_channel and _fits(shape[:3], wanted[:3]):
        return None, weight
    raise ValueError(
        "`sample_weight` must be a number, (batch,) or (batch, 1) to weigh images, or (batch, height, width) or "
        f"(batch, height, width, 1) to weigh pixels. Received: sample_weight of shape {shape} for y_true of shape {wanted}"
    )


def counted_pixels(truth: Any, pixel_weight: Any, image_weight: Any, ignore_value: float | None) -> Any:
    """Return which pixels count, or `None` when all do.

    Args:
        truth: `(B, H, W, K)`.
        pixel_weight: `(B, H, W, 1)` or `None`.
        image_weight: `()`, `(1,)`, `(B,)` or `None`.
        ignore_value: pixels whose truth has this value in any channel do not count; may be NaN.

    Returns:
        bool, of a shape that broadcasts to `(B, H, W, 1)`: true where no weight is 0 and the label is not ignored.
    """
    conditions = []
    if ignore_value is not None:
        same = ops.isnan(truth) if math.isnan(ignore_value) else ops.equal(truth, ignore_value)
        conditions.append(ops.logical_not(ops.any(same, axis=-1, keepdims=True)))
    if pixel_weight is not None:
        conditions.append(ops.not_equal(pixel_weight, 0))
    if image_weight is not None:
        conditions.append(ops.reshape(ops.not_equal(image_weight, 0), (-1, 1, 1, 1)))
    counted = None
    for condition in conditions:
        counted = condition if counted is None else ops.logical_and(counted, condition)
    return counted


def keep_counted(counted: Any, values: Any, otherwise: float | list[float] = 0.0) -> Any:
    """Replace what does not count, which may be NaN: its gradient is then 0, as a product's would not be."""
    if counted is None:
        return values
    return ops.where(counted, values, ops.convert_to_tensor(otherwise, "float32"))


def check_ignore_value(ignore_value: float | None, channels: int) -> None:
    """Refuse to ignore a value that every one-hot mask holds.

    Raises:
        ValueError: masks have several channels and `ignore_value` lies in [0, 1].
    """
    if channels > 1 and ignore_value is not None and 0 <= ignore_value <= 1:
        raise ValueError(
            "`ignore_value` would leave out every pixel of one-hot masks, each of which has a channel of this value. To "
            "ignore a class pass class numbers, `argmax(y_true, axis=-1)`, or a sample weight of 0 for its pixels. "
            f"Received: ignore_value={ignore_value}, y_true of {channels} channels"
        )


def _fits(shape: tuple, wanted: tuple) -> bool:
    return all(one is None or other is None or one == other for one, other in zip(shape, wanted, strict=True))


def _not_negative(weight: Any) -> Any:
    values = seen(weight)
    if values is None:
        return ops.where(weight >= 0, weight, float("nan"))
    if (values < 0).any():
        raise ValueError(f"`sample_weight` must hold no negative weights. Received: weights from {values.min():g} on")
    return weight
