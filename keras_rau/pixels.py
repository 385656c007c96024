"""Shapes and sample weights of mask tensors, as losses and metrics understand them."""

from typing import Any

from keras import ops


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


def flatten_pixels(values: Any, name: str) -> Any:
    """`(B, H, W[, K])` as float32 `(B, H·W, K)`."""
    values = as_maps(values, name)
    return ops.reshape(values, (ops.shape(values)[0], -1, values.shape[3]))


def split_weight(sample_weight: Any, y_true: Any) -> tuple[Any, Any]:
    """Weights of images and weights of pixels; one of them is `None`."""
    if sample_weight is None:
        return None, None
    weight = ops.convert_to_tensor(sample_weight, "float32")
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


def _fits(shape: tuple, wanted: tuple) -> bool:
    return all(one is None or other is None or one == other for one, other in zip(shape, wanted, strict=True))
