"""tf.data pipelines from samples to batches."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import tensorflow as tf

from keras_rau.datasets.augmentation import Policy, get_policy, sample_seed
from keras_rau.datasets.augmentation import augment as augment_pair
from keras_rau.datasets.distance import signed_distance
from keras_rau.datasets.feeding.caching import check_cache, open_store
from keras_rau.datasets.feeding.loading import Batches, View
from keras_rau.datasets.geometry import RESIZES, as_size
from keras_rau.datasets.preprocessing.steps import Steps, parse_steps
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError, RauError

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
            augmented mask, which `keras_rau.losses.BoundaryLoss` reads; metrics and other losses read the first.
        preprocess: steps applied to the resized image and cached with it, see `datasets.preprocess`.
        cache_dir: folder of the cache on disk, for this list of samples alone.
        memory_limit: bytes for the cache in memory; `None`: a quarter of the free memory, at most 4 GiB.

    Returns:
        Dataset of image float32 `(B, H, W, 3)` in [0, 255] and mask float32 `(B, H, W, 1)` of 0 and 1, or `(B, H, W, 2)`.

    Raises:
        DataError: there are no samples, one has no mask, or the cache on disk cannot be written.
        ValueError: an argument has no valid value.

    Example:
        >>> model.fit(pipeline(train, 256, augment=True, shuffle_seed=0), validation_data=pipeline(val, 256))
    """
    size, policy, count = as_size(image_size), get_policy(augment), len(samples)
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
    if target not in ("mask", "distance"):
        raise ValueError(f"`target` must be 'mask' or 'distance'. Received: target={target!r}")
    if resize not in RESIZES:
        raise ValueError(f"`resize` must be 'letterbox' or 'squash'. Received: resize={resize!r}")
    cache = check_cache(cache, cache_dir, memory_limit)
    view = View(size, resize, parse_steps(preprocess))
    _check(samples)
    seed = seed if shuffle_seed is None else shuffle_seed
    one_by_one = policy is not None or target == "distance"
    load = Batches(open_store(samples, view, cache, cache_dir, memory_limit), size)

    def order(epoch: tf.Tensor) -> tf.data.Dataset:
        indices = tf.data.Dataset.range(count).batch(batch_size, drop_remainder=drop_remainder)
        if shuffle_seed is not None:
            key = tf.stack([tf.constant(seed, tf.int64), epoch])
            indices = indices.map(lambda index: tf.random.experimental.index_shuffle(index, key, count - 1))
        return indices.map(lambda index: (tf.fill(tf.shape(index), epoch), index))

    # A whole batch a call, because calls of Python from several threads wait for each other.
    def read(epoch: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, ...]:
        images, masks = tf.numpy_function(load, [index], [tf.uint8, tf.uint8], stateful=False)
        images = tf.ensure_shape(images, (index.shape[0], *size, 3))
        masks = tf.ensure_shape(masks, (index.shape[0], *size, 1))
        if one_by_one:
            return epoch, index, images, masks
        return tf.cast(images, tf.float32), tf.cast(masks, tf.float32)

    def finish(epoch: tf.Tensor, index: tf.Tensor, image: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image, mask = augment_pair(image, mask, policy, sample_seed(seed, epoch, index))
        if target == "distance":
            distance = tf.numpy_function(signed_distance, [mask[..., 0]], tf.float32, stateful=False)
            mask = tf.concat([mask, tf.ensure_shape(distance, size)[..., None]], axis=-1)
        return image, mask

    # tf.data keeps every core busy; threads of OpenCV on top of that wait for each other.
    cv2.setNumThreads(1)
    # Results are taken in order, so that a slow one must not leave the other cores without work.
    threads = 2 * (os.cpu_count() or 1)
    batches = _epochs(start_epoch).flat_map(order).map(read, num_parallel_calls=threads, deterministic=True)
    if one_by_one:
        batches = batches.unbatch().map(finish, num_parallel_calls=threads, deterministic=True)
        batches = batches.batch(batch_size, drop_remainder=drop_remainder)
    length = count // batch_size if drop_remainder else -(-count // batch_size)
    options = tf.data.Options()
    # There is nothing to tune, and the end of an epoch would now and then wait for the tuner, which wakes ever more rarely.
    options.autotune.enabled = False
    return batches.apply(tf.data.experimental.assert_cardinality(length)).prefetch(_AHEAD).with_options(options)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what TensorFlow makes of a file that vanished or broke in mid-training back into the one line that names it.

    Raises:
        DataError: such a file was met.

    Example:
        >>> with plain_errors():
        ...     model.fit(pipeline(train))
    """
    try:
        yield
    except Exception as error:
        found = re.search(r"\bDataError: (.+)", str(error))
        if found is None or isinstance(error, RauError):
            raise
        raise DataError(found[1]) from error


def _check(samples: Sequence[Sample]) -> None:
    if not samples:
        raise DataError("There are no samples to feed.")
    without = [sample.id for sample in samples if sample.mask is None]
    if without:
        raise DataError(f"{len(without)} sample(s) have no mask, the first is {without[0]}.")


def _epochs(first: int) -> tf.data.Dataset:
    """One element, the number of the epoch; one more each time the dataset is iterated."""
    state = {"epoch": first}

    def number() -> Iterator[int]:
        epoch = state["epoch"]
        state["epoch"] += 1
        yield epoch

    return tf.data.Dataset.from_generator(number, output_signature=tf.TensorSpec((), tf.int64))
