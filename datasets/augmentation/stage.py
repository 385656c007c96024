"""Augmentation as a stage of a tf.data pipeline."""

from functools import partial

import tensorflow as tf

from keras_rau.datasets.augmentation.chain import apply
from keras_rau.datasets.augmentation.draws import COUNT, first
from keras_rau.datasets.augmentation.policies import Policy

_NOISE = 1


def sample_seed(seed: int, epoch: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Seed of one sample in one epoch, for `tf.random.stateless_*`."""
    start = tf.constant([seed, 0x5EED], tf.int64)
    return tf.random.experimental.stateless_fold_in(tf.random.experimental.stateless_fold_in(start, epoch), index)


def augment(
    image: tf.Tensor, mask: tf.Tensor, policy: Policy | None, seed: tf.Tensor, *, labels: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """Augment image and mask: a pure function of its arguments, so of (seed, epoch, index) when `sample_seed` made the seed.

    The random numbers are TensorFlow's stateless ones; OpenCV does the rest, outside Python's lock, so samples are
    augmented in parallel by `Dataset.map`.

    Args:
        image: uint8 or float32 `(H, W, 3)` in [0, 255]; the work is done with 8 bits, fractions are rounded.
        mask: uint8 or float32 `(H, W, 1)` of 0 and 1, or `(H, W, K)` of overlapping classes.
        policy: how far to go; `None` only converts.
        seed: from `sample_seed`.
        labels: the mask `(H, W, 1)` holds class numbers from 0 to 255, which are never mixed.

    Returns:
        Image float32 `(H, W, 3)` of whole numbers in [0, 255] and mask float32 of the same shape and values as it came in.

    Example:
        >>> image, mask = augment(image, mask, get_policy("light"), sample_seed(0, epoch, index))
    """
    if policy is None:
        return tf.cast(image, tf.float32), tf.cast(mask, tf.float32)
    if image.dtype != tf.uint8:
        image = tf.cast(tf.round(tf.clip_by_value(image, 0.0, 255.0)), tf.uint8)
    uniform = tf.random.stateless_uniform([COUNT], seed, alg="philox")
    changed = tf.numpy_function(
        partial(apply, policy=policy, labels=labels),
        [image, tf.cast(mask, tf.uint8) * (1 if labels else 255), uniform, _noise(image, policy, uniform, seed)],
        [tf.uint8, tf.uint8],
        stateful=False,
    )
    new_image, new_mask = (tf.ensure_shape(new, old.shape) for new, old in zip(changed, (image, mask), strict=True))
    return tf.cast(new_image, tf.float32), tf.cast(new_mask if labels else new_mask > 0, tf.float32)


def _noise(image: tf.Tensor, policy: Policy, uniform: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Numbers of unit variance where the sample gets noise, else nothing: drawing them costs more than all the rest."""
    if not policy.noise:
        return tf.zeros([0, 0, 0])
    seed = tf.random.experimental.stateless_fold_in(seed, _NOISE)
    return tf.cond(
        uniform[first("noise")] < policy.degradation,
        lambda: tf.random.stateless_normal(tf.shape(image), seed, alg="philox"),
        lambda: tf.zeros([0, 0, 0]),
    )
