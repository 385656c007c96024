"""Augmentation of image and mask together, as a pure function of (seed, epoch, index)."""

import math
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_rau.suggestion import did_you_mean


@dataclass(frozen=True)
class Policy:
    """How far a policy goes; 0 leaves that part out.

    Attributes:
        dihedral: flip and turn by multiples of 90°.
        rotation: largest rotation in degrees to either side.
        scale: largest relative change of size to either side.
        shift: largest shift as a share of the side.
        brightness: largest relative change of brightness to either side.
        contrast: the same of contrast.
        saturation: the same of colour saturation.
        tint: largest relative change of each colour channel on its own.
    """

    dihedral: bool = True
    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    tint: float = 0.0


POLICIES: dict[str, Policy | None] = {
    "none": None,
    "light": Policy(rotation=20, scale=0.15, shift=0.05, brightness=0.1, contrast=0.1, saturation=0.1),
    "strong": Policy(rotation=45, scale=0.3, shift=0.1, brightness=0.25, contrast=0.25, saturation=0.3, tint=0.08),
}


def get_policy(augment: bool | str | Policy) -> Policy | None:
    """Policy of a name; `True` is `"light"`, `False` none.

    Raises:
        ValueError: the name is unknown.
    """
    if isinstance(augment, Policy):
        return augment
    name = {True: "light", False: "none"}.get(augment, augment)
    if name not in POLICIES:
        hint = did_you_mean(name, POLICIES)
        raise ValueError(f"Unknown augmentation. {hint}Known: {', '.join(POLICIES)}. Received: augment={augment!r}")
    return POLICIES[name]


def sample_seed(seed: int, epoch: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Seed of one sample in one epoch, for `tf.random.stateless_*`."""
    start = tf.constant([seed, 0x5EED], tf.int64)
    return tf.random.experimental.stateless_fold_in(tf.random.experimental.stateless_fold_in(start, epoch), index)


def augment(image: tf.Tensor, mask: tf.Tensor, policy: Policy, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Transform image and mask alike, then the colours of the image.

    Args:
        image: float32 `(H, W, 3)` in [0, 255].
        mask: float32 `(H, W, 1)` of 0 and 1.
        policy: how far to go.
        seed: from `sample_seed`.

    Returns:
        Image and mask of the same shapes and ranges.
    """
    draws = iter(tf.unstack(tf.random.stateless_uniform([16], seed)))
    matrix = _matrix(policy, draws, tf.shape(image))
    image = warp(image, matrix, "BILINEAR")
    mask = warp(mask, matrix, "NEAREST")
    return tf.clip_by_value(_recolour(image, policy, draws), 0.0, 255.0), mask


def warp(values: tf.Tensor, matrix: tf.Tensor, interpolation: str) -> tf.Tensor:
    """Apply a projective transform to `(H, W, C)`; what comes from outside is mirrored."""
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=values[None],
        transforms=matrix[None],
        output_shape=tf.shape(values)[:2],
        interpolation=interpolation,
        fill_mode="REFLECT",
        fill_value=0.0,
    )
    return tf.ensure_shape(warped[0], values.shape)


def _around(draw: tf.Tensor, reach: float) -> tf.Tensor:
    return (2 * draw - 1) * reach


def _matrix(policy: Policy, draws: Any, shape: tf.Tensor) -> tf.Tensor:
    """Eight numbers that map output to input pixels: flip, turn, scale and shift about the centre."""
    flip, turns, angle, scale, down, right = (next(draws) for _ in range(6))
    height, width = tf.cast(shape[0], tf.float32), tf.cast(shape[1], tf.float32)
    turn = _around(angle, policy.rotation * math.pi / 180)
    mirrored = tf.constant(1.0)
    if policy.dihedral:
        # A quarter turn of a frame that is not square would lose its ends.
        quarters = tf.where(tf.equal(height, width), tf.floor(turns * 4), 2 * tf.floor(turns * 2))
        turn += quarters * (math.pi / 2)
        mirrored = tf.where(flip < 0.5, -1.0, 1.0)
    size = tf.exp(_around(scale, math.log1p(policy.scale)))
    cos, sin = tf.cos(turn) * size, tf.sin(turn) * size
    a, b, c, d = cos * mirrored, -sin, sin * mirrored, cos
    x, y = (width - 1) / 2, (height - 1) / 2
    x_shift = x - a * x - b * y + _around(right, policy.shift) * width
    y_shift = y - c * x - d * y + _around(down, policy.shift) * height
    return tf.stack([a, b, x_shift, c, d, y_shift, 0.0, 0.0])


def _recolour(image: tf.Tensor, policy: Policy, draws: Any) -> tf.Tensor:
    brightness, contrast, saturation, *tints = (next(draws) for _ in range(6))
    gain = 1 + _around(brightness, policy.brightness)
    if policy.tint:
        gain *= 1 + _around(tf.stack(tints), policy.tint)
    mean = tf.reduce_mean(image, axis=[0, 1], keepdims=True)
    image = mean * gain + (image - mean) * gain * (1 + _around(contrast, policy.contrast))
    grey = tf.reduce_mean(image, axis=-1, keepdims=True)
    return grey + (image - grey) * (1 + _around(saturation, policy.saturation))
