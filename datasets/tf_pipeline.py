"""tf.data pipelines from samples to batches."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_rau.datasets.augmentation import augment as augment_pair
from keras_rau.datasets.augmentation import get_policy, sample_seed
from keras_rau.datasets.decoding import read_image, read_mask
from keras_rau.datasets.distance import signed_distance
from keras_rau.datasets.geometry import as_size, fit_image, fit_mask
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError


def pipeline(
    samples: Sequence[Sample],
    image_size: int | tuple[int, int] = (256, 256),
    batch_size: int = 8,
    augment: bool | str = False,
    shuffle_seed: int | None = None,
    seed: int = 0,
    cache: bool = True,
    resize: str = "letterbox",
    drop_remainder: bool = False,
    start_epoch: int = 0,
    target: str = "mask",
) -> tf.data.Dataset:
    """Decode, resize, cache, shuffle, augment, batch and prefetch.

    Each time the dataset is iterated is an epoch, beginning with `start_epoch`. Order and augmentation are pure
    functions of seed, epoch and sample, so a resumed training sees what an uninterrupted one would have seen,
    whatever the number of threads.

    Args:
        samples: samples with masks.
        image_size: height and width, or one number for both.
        batch_size: images per batch.
        augment: `False`, or a policy: `"light"` (`True`), `"strong"`.
        shuffle_seed: shuffle with this seed; `None` keeps the order.
        seed: of the augmentation, used when `shuffle_seed` is `None`.
        cache: keep the resized images in memory, `4 · height · width` bytes each.
        resize: `"letterbox"` or `"squash"`, see `fit_image`.
        drop_remainder: leave out a short last batch.
        start_epoch: number of the first epoch.
        target: `"mask"`, or `"distance"` for a second channel with the signed distance of each pixel to the border of the
            augmented mask, which `keras_rau.losses.BoundaryLoss` reads; metrics and other losses read the first.

    Returns:
        Dataset of image float32 `(B, H, W, 3)` in [0, 255] and mask float32 `(B, H, W, 1)` of 0 and 1, or `(B, H, W, 2)`.

    Raises:
        DataError: there are no samples, or one has no mask.
        ValueError: an argument has no valid value.

    Example:
        >>> model.fit(pipeline(train, 256, augment=True, shuffle_seed=0), validation_data=pipeline(val, 256))
    """
    size, policy, count = as_size(image_size), get_policy(augment), len(samples)
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
    if target not in ("mask", "distance"):
        raise ValueError(f"`target` must be 'mask' or 'distance'. Received: target={target!r}")
    if not samples:
        raise DataError("There are no samples to feed.")
    without = [sample.id for sample in samples if sample.mask is None]
    if without:
        raise DataError(f"{len(without)} sample(s) have no mask, the first is {without[0]}.")
    load = _Loader(samples, size, resize, cache)
    seed = seed if shuffle_seed is None else shuffle_seed

    def prepare(epoch: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image, mask = tf.numpy_function(load, [index], [tf.uint8, tf.uint8], stateful=False)
        image = tf.cast(tf.ensure_shape(image, (*size, 3)), tf.float32)
        mask = tf.cast(tf.ensure_shape(mask, (*size, 1)), tf.float32)
        if policy is not None:
            image, mask = augment_pair(image, mask, policy, sample_seed(seed, epoch, index))
        if target == "distance":
            distance = tf.numpy_function(signed_distance, [mask[..., 0]], tf.float32, stateful=False)
            mask = tf.concat([mask, tf.ensure_shape(distance, size)[..., None]], axis=-1)
        return image, mask

    def order(epoch: tf.Tensor) -> tf.data.Dataset:
        indices = tf.data.Dataset.range(count)
        if shuffle_seed is not None:
            key = tf.stack([tf.constant(seed, tf.int64), epoch])
            indices = indices.map(lambda index: tf.random.experimental.index_shuffle(index, key, count - 1))
        return indices.map(lambda index: (epoch, index))

    batches = count // batch_size if drop_remainder else -(-count // batch_size)
    return (
        _epochs(start_epoch)
        .flat_map(order)
        .map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size, drop_remainder=drop_remainder)
        .apply(tf.data.experimental.assert_cardinality(batches))
        .prefetch(tf.data.AUTOTUNE)
    )


def _epochs(first: int) -> tf.data.Dataset:
    """One element, the number of the epoch; one more each time the dataset is iterated."""
    state = {"epoch": first}

    def number() -> Iterator[int]:
        epoch = state["epoch"]
        state["epoch"] += 1
        yield epoch

    return tf.data.Dataset.from_generator(number, output_signature=tf.TensorSpec((), tf.int64))


class _Loader:
    """Decoded and resized samples by index, kept in memory once read."""

    def __init__(self, samples: Sequence[Sample], size: tuple[int, int], resize: str, cache: bool) -> None:
        self.samples = samples
        self.size = size
        self.resize = resize
        self.kept: dict[int, tuple[np.ndarray, np.ndarray]] | None = {} if cache else None

    def __call__(self, index: Any) -> tuple[np.ndarray, np.ndarray]:
        index = int(index)
        if self.kept is not None and index in self.kept:
            return self.kept[index]
        sample = self.samples[index]
        pair = (
            fit_image(read_image(sample.image), self.size, self.resize),
            fit_mask(read_mask(sample.mask), self.size, self.resize)[..., None],
        )
        if self.kept is not None:
            self.kept[index] = pair
        return pair
