"""Bilinear resizing with aligned corners, as `align_corners=True` of PyTorch."""

from typing import Any

import keras
import numpy as np
from keras import ops


def resize_aligned(inputs: Any, size: tuple[int | None, int | None], like: Any, scale: int = 1) -> Any:
    """Return maps resized so that the centres of the corner pixels stay where they are.

    On TensorFlow one operation, which TFLite has, too; two matrix products on the other backends.

    Args:
        inputs: `(B, H, W, C)`, channels last.
        size: height and width of the result; `None` where they are unknown until run time.
        like: tensor `(B, h, w, …)` whose size times `scale` is taken then.
        scale: factor of that size.

    Returns:
        `(B, *size, C)` of the type of `inputs`.

    Example:
        >>> resize_aligned(keras.ops.reshape([0.0, 1.0], (1, 1, 2, 1)), (1, 3), None)[0, 0, :, 0]
        array([0. , 0.5, 1. ], dtype=float32)
    """
    if keras.backend.backend() == "tensorflow":
        # Only here: the other backends run without TensorFlow.
        import tensorflow as tf

        target = tf.shape(like)[1:3] * scale if None in size else size
        resized = tf.compat.v1.image.resize(inputs, target, method="bilinear", align_corners=True)
        return tf.cast(resized, inputs.dtype)
    height, width = (int(side) for side in (np.array(like.shape[1:3]) * scale if None in size else size))
    rows = ops.cast(_weights(inputs.shape[1], height), inputs.dtype)
    columns = ops.cast(_weights(inputs.shape[2], width), inputs.dtype)
    return ops.einsum("ih,bhwc,jw->bijc", rows, inputs, columns)


def _weights(before: int, after: int) -> np.ndarray:
    """Matrix `(after, before)` that interpolates along one side."""
    places = np.arange(after) * ((before - 1) / (after - 1) if after > 1 else 0.0)
    lower = np.clip(np.floor(places).astype(int), 0, before - 1)
    upper = np.minimum(lower + 1, before - 1)
    weights = np.zeros((after, before))
    np.add.at(weights, (np.arange(after), lower), 1 - (places - lower))
    np.add.at(weights, (np.arange(after), upper), places - lower)
    return weights.astype("float32")
