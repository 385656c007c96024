"""tf.data pipelines from samples to batches."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf

from keras_rau.datasets.augmentation import Policy, get_policy, sample_seed
from keras_rau.datasets.augmentation import augment as augment_pair
from keras_rau.datasets.classes.samples import check_target, common_classes
from keras_rau.datasets.distance import signed_distance
from keras_rau.datasets.feeding.caching import check_cache, open_store
from keras_rau.datasets.feeding.loading import Batches, View
from keras_rau.datasets.geometry import RESIZES, as_size
from keras_rau.datasets.preprocessing.steps import Steps, parse_steps
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_AHEAD = 2  # batches


def pipeline(
    samples: Sequence[Sample],
    image_size: int | tuple[int, int] = (256, 256),
    batch_size: int = 8,
    augment: bool | str | Policy = False,
    shuffle_seed: int | None = None,
    seed: int = 0,
    cache: bool | str = "auto",
    resize: str = "letterbox",
    drop_remainder: bool = False,
    start_epoch: int = 0,
    target: str = "mask",
    preprocess: Steps = (),
    cache_dir: Path | str | None = None,
    memory_limit: int | None = None,
    start_step: int = 0,
    position: Callable[[], tuple[int, int]] | None = None,
    weights: Sequence[float] | None = None,
    shard: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Decode, resize, preprocess, cache, shuffle, augment, batch and prefetch.

    Each time the dataset is iterated is an epoch, beginning with `start_epoch`. Order and augmentation are pure
    functions of seed, epoch and sample, so a resumed training sees what an uninterrupted one would have seen,
    whatever the number of threads and whatever the cache. Memory is bounded: the cache by `memory_limit`, the rest by two
    batches and two for each processor. OpenCV is set to one thread (`cv2.setNumThreads(1)`) for the whole process.

    Args:
        samples: samples with masks.
        image_size: height and width, or one number for both.
        batch_size: images per batch.
        augment: `False`, or a policy: `"light"` (`True`), `"paper"`, `"strong"`.
        shuffle_seed: shuffle with this seed; `None` keeps the order.
        seed: of the augmentation, used when `shuffle_seed` is `None`.
        cache: where resized images are kept, `4 · height · width` bytes each. `"memory"`: the first in memory, as
            many as `memory_limit` allows; the rest is decoded in every epoch. `"disk"`: TFRecord files in `cache_dir`,
            written now unless they are there. `"none"` (`False`): nowhere. `"auto"` (`True`): in memory when all fit;
            otherwise on disk when there is a `cache_dir`, or else as `"memory"`.
        resize: `"letterbox"` or `"squash"`, see `fit_image`.
        drop_remainder: leave out a short last batch.
        start_epoch: number of the first epoch.
        target: `"mask"`, or `"distance"` for a second channel with the signed distance of each pixel to the border of the
            augmented mask, which `keras_rau.losses.BoundaryLoss` reads; metrics and other losses read the first. Exclusive
            classes come as class numbers, as the losses and metrics of this package take them; `"one_hot"` gives the K
            channels that others want.
        preprocess: steps applied to the resized image and cached with it, see `datasets.preprocess`.
        cache_dir: folder of the cache on disk, for this list of samples alone.
        memory_limit: bytes for the cache in memory; `None`: a quarter of the free memory, at most 4 GiB.
        start_step: how many batches of the first epoch to leave out, without reading their images.
        position: called when an iteration begins, gives the number of its epoch and how many batches to leave out, in
            place of counting from `start_epoch` and `start_step`; for trainers that iterate more often than once an epoch.
        weights: one number per sample, how much it counts in the loss, see `image_weights`; they come as a third part.

        shard: `(index, count)`: give only this part of each batch, for the process `index` of `count` that share it;
            `count` must divide `batch_size`, and `drop_remainder` be true unless all batches are full.

    Returns:
        Dataset of image float32 `(B, H, W, 3)` in [0, 255] and mask float32 `(B, H, W, 1)` of 0 and 1, or `(B, H, W, 2)`;
        with `weights` also of weight float32 `(B,)`. Samples with `classes` give class numbers `(B, H, W, 1)`, 255 where a
        pixel counts nothing (`ignore_value=255` of losses and metrics), or `(B, H, W, K)` of 0 and 1 where classes overlap.

    Raises:
        DataError: there are no samples, one has no mask, or the cache on disk cannot be written.
        ValueError: an argument has no valid value.

    Example:
        >>> model.fit(pipeline(train, 256, augment=True, shuffle_seed=0), validation_data=pipeline(val, 256))
    """
    size, policy, count = as_size(image_size), get_policy(augment), len(samples)
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
    if target not in ("mask", "distance", "one_hot"):
        raise ValueError(f"`target` must be 'mask', 'distance' or 'one_hot'. Received: target={target!r}")
    if resize not in RESIZES:
        raise ValueError(f"`resize` must be 'letterbox' or 'squash'. Received: resize={resize!r}")
    cache = check_cache(cache, cache_dir, memory_limit)
    _check(samples)
    classes = common_classes(samples)
    check_target(target, classes)
    view = View(size, resize, parse_steps(preprocess), classes)
    channels = 1 if classes is None else classes.channels
    labels = classes is not None and not classes.overlapping
    weigh = _weighing(weights, count)
    part = _part(shard, batch_size, drop_remainder or count % batch_size == 0)
    seed = seed if shuffle_seed is None else shuffle_seed
    one_by_one = policy is not None or target == "distance"
    load = Batches(open_store(samples, view, cache, cache_dir, memory_limit), view)

    def order(epoch: tf.Tensor, left_out: tf.Tensor) -> tf.data.Dataset:
        indices = tf.data.Dataset.range(count).batch(batch_size, drop_remainder=drop_remainder).skip(left_out)
        if shuffle_seed is not None:
            key = tf.stack([tf.constant(seed, tf.int64), epoch])
            indices = indices.map(lambda index: tf.random.experimental.index_shuffle(index, key, count - 1))
        indices = indices.map(lambda index: index[part])
        return indices.map(lambda index: (tf.fill(tf.shape(index), epoch), index))

    # A whole batch a call, because calls of Python from several threads wait for each other.
    def read(epoch: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, ...]:
        images, masks, problem = tf.numpy_function(load, [index], [tf.uint8, tf.uint8, tf.string], stateful=False)
        with tf.control_dependencies([tf.debugging.Assert(tf.equal(problem, ""), [problem])]):
            images, masks = tf.identity(images), tf.identity(masks)
        images = tf.ensure_shape(images, (index.shape[0], *size, 3))
        masks = tf.ensure_shape(masks, (index.shape[0], *size, channels))
        if one_by_one:
            return epoch, index, images, masks
        return tf.cast(images, tf.float32), as_target(tf.cast(masks, tf.float32)), *weigh(index)

    def as_target(mask: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(tf.cast(mask[..., 0], tf.int32), len(classes.names)) if target == "one_hot" else mask

    def finish(epoch: tf.Tensor, index: tf.Tensor, image: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, ...]:
        image, mask = augment_pair(image, mask, policy, sample_seed(seed, epoch, index), labels=labels)
        if target == "distance":
            distance = tf.numpy_function(signed_distance, [mask[..., 0]], tf.float32, stateful=False)
            mask = tf.concat([mask, tf.ensure_shape(distance, size)[..., None]], axis=-1)
        return image, as_target(mask), *weigh(index)

    # tf.data keeps every core busy; threads of OpenCV on top of that wait for each other.
    cv2.setNumThreads(1)
    # Results are taken in order, so that a slow one must not leave the other cores without work.
    threads = 2 * (os.cpu_count() or 1)
    epochs = _epochs(position or _counter(start_epoch, start_step))
    batches = epochs.flat_map(order).map(read, num_parallel_calls=threads, deterministic=True)
    if one_by_one:
        batches = batches.unbatch().map(finish, num_parallel_calls=threads, deterministic=True)
        batches = batches.batch(part.stop - part.start, drop_remainder=drop_remainder)
    length = count // batch_size if drop_remainder else -(-count // batch_size)
    options = tf.data.Options()
    # There is nothing to tune, and the end of an epoch would now and then wait for the tuner, which wakes ever more rarely.
    options.autotune.enabled = False
    if start_step == 0 and position is None:
        batches = batches.apply(tf.data.experimental.assert_cardinality(length))
    return batches.prefetch(_AHEAD).with_options(options)


def _check(samples: Sequence[Sample]) -> None:
    if not samples:
        raise DataError("There are no samples to feed.")
    without = [sample.id for sample in samples if sample.mask is None]
    if without:
        raise DataError(f"{len(without)} sample(s) have no mask, the first is {without[0]}.")


def _weighing(weights: Sequence[float] | None, count: int) -> Callable[[tf.Tensor], tuple[tf.Tensor, ...]]:
    """Gives the weights of numbered samples; nothing where there are none."""
    if weights is None:
        return lambda index: ()
    table = np.asarray(weights, "float32")
    if table.shape != (count,) or not np.all(np.isfinite(table) & (table >= 0)):
        raise ValueError(
            f"`weights` must be {count} finite numbers from 0, one per sample. Received: weights of shape {table.shape}"
        )
    return lambda index: (tf.gather(table, index),)


def _part(shard: tuple[int, int], batch_size: int, whole: bool) -> slice:
    """Where in each batch the part of this process lies."""
    index, parts = shard
    if not 0 <= index < parts or batch_size % parts or not (whole or parts == 1):
        raise ValueError(
            "`shard` must be (index, count), where count divides `batch_size` and all batches are full (drop_remainder=True). "
            f"Received: shard={shard}, batch_size={batch_size}"
        )
    length = batch_size // parts
    return slice(index * length, (index + 1) * length)


def _epochs(position: Callable[[], tuple[int, int]]) -> tf.data.Dataset:
    """One element, where the epoch begins, asked for each time the dataset is iterated."""

    def where() -> Iterator[tuple[int, int]]:
        yield position()

    number = tf.TensorSpec((), tf.int64)
    return tf.data.Dataset.from_generator(where, output_signature=(number, number))


def _counter(epoch: int, step: int) -> Callable[[], tuple[int, int]]:
    """The next epoch at every call; batches are left out of the first alone."""
    epochs = itertools.count(epoch)
    steps = itertools.chain((step,), itertools.repeat(0))
    return lambda: (next(epochs), next(steps))
