"""Preprocessing as a stage of a tf.data pipeline."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_rau.datasets.preprocessing.steps import Steps, parse_steps, preprocess


def preprocess_stage(steps: Steps) -> Callable[..., Any]:
    """A function for `tf.data.Dataset.map` that preprocesses images and hands masks on.

    Put it before `cache()`, so that it is computed once. `datasets.pipeline` has it built in.

    Args:
        steps: the chain, as `parse_steps` reads it.

    Returns:
        A function of an image `(H, W, 3)`, uint8 or float32 in [0, 255], and of whatever comes with it, such as a mask. It
        returns the image preprocessed, of the same type and static shape, and the rest untouched.

    Raises:
        UsageError: the chain is wrong, see `parse_steps`.

    Example:
        >>> dataset.map(preprocess_stage(["hair"]), num_parallel_calls=tf.data.AUTOTUNE).cache().batch(8)
    """
    chain = parse_steps(steps)

    def apply(image: np.ndarray) -> np.ndarray:
        return preprocess(image, chain)

    def stage(image: tf.Tensor, *others: Any) -> Any:
        image = tf.convert_to_tensor(image)
        if image.dtype not in (tf.uint8, tf.float32) or image.shape.rank not in (3, None):
            raise ValueError(
                "Images must be uint8 or float32 of shape (height, width, 3); preprocess before batching. "
                f"Received: {image.dtype.name} of shape {image.shape}"
            )
        pixels = image if image.dtype == tf.uint8 else tf.saturate_cast(tf.round(image), tf.uint8)
        found = tf.ensure_shape(tf.numpy_function(apply, [pixels], tf.uint8, stateful=False), image.shape)
        found = tf.cast(found, image.dtype)
        return (found, *others) if others else found

    return stage
