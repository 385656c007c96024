"""Resized samples on disk as TFRecord files: written once, verified when opened, written again when their sources change."""

import bisect
import contextlib
import os
import shutil
import threading
import warnings
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tensorflow as tf

from keras_rau.datasets.feeding import cache_manifest
from keras_rau.datasets.feeding.cache_manifest import Manifest
from keras_rau.datasets.feeding.loading import Files, View
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

SHARD_BYTES = 512 * 2**20
_FRAME = (12, 4)  # bytes that the TFRecord format puts before and after a record
_AT_ONCE = 64  # samples decoded ahead of the writer
_ATTEMPTS = 5


class RecordCache:
    """An opened cache: samples in any order, by their position in the list.

    Args:
        folder: its folder.
        manifest: its manifest, which fits.
        mask_shape: of the masks.
    """

    def __init__(self, folder: Path, manifest: Manifest, mask_shape: tuple[int, ...]) -> None:
        self.folder = folder
        self._size, self._mask_shape = tuple(manifest.settings["image_size"]), mask_shape
        self._images, self._masks = manifest.images or [], manifest.masks or []
        shards = manifest.shards or []
        self._ends = list(accumulate(records for _, records, _ in shards))
        # Opened at once, so that another process that writes the cache again takes nothing away.
        self._files: list[BinaryIO] = []
        weakref.finalize(self, _close, self._files).atexit = False
        for name, _, _ in shards:
            self._files.append((folder / name).open("rb", buffering=0))
        self._locks = [threading.Lock() for _ in shards]

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Store`."""
        image, mask = np.empty((*self._size, 3), np.uint8), np.empty(self._mask_shape, np.uint8)
        shard = bisect.bisect_right(self._ends, index)
        file = self._files[shard]
        try:
            with self._locks[shard]:
                for place, values in ((self._images[index], image), (self._masks[index], mask)):
                    file.seek(place)
                    if file.readinto(values) != values.nbytes:
                        raise DataError(
                            f"The cache in {self.folder} was cut short; start again, and it is written again."
                        )
        except OSError as error:
            raise DataError(f"The cache in {self.folder} cannot be read: {error}.") from error
        return image, mask


def open_record_cache(samples: Sequence[Sample], view: View, folder: Path | str) -> RecordCache:
    """Open the cache of these samples; write it first when there is none, or none that fits.

    A cache is whole or not there: its manifest is put in place last. It fits when its format, the settings of `view`, and
    names, sizes and times of change of all files are the same, and every checksum is right. Other files in the folder stay.

    Args:
        samples: samples with masks.
        view: how the model sees them.
        folder: a folder for this list of samples alone; made when missing.

    Returns:
        The opened cache.

    Raises:
        DataError: a source cannot be read, or the folder cannot be written to.

    Example:
        >>> cache = open_record_cache(samples, View((256, 256)), "cache/train")
    """
    folder, wanted = Path(folder), cache_manifest.wanted(samples, view)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_ATTEMPTS):
            found, reason = _read(folder, wanted)
            if found is not None and reason is None:
                with contextlib.suppress(FileNotFoundError):
                    return RecordCache(folder, found, view.mask_shape)
            # Another process may have put its own cache in the place of what was looked at.
            if found is not None and cache_manifest.current_build(folder) != found.build:
                continue
            if reason is not None:
                warnings.warn(f"The cache in {folder} is written again: {reason}.", stacklevel=3)
            _write(samples, view, folder, wanted)
    except OSError as error:
        raise DataError(
            f"The cache in {folder} cannot be used: {error.strerror or error}. Choose another folder."
        ) from error
    raise DataError(f"The cache in {folder} is being rewritten by other processes. Give each its own folder.")


def _read(folder: Path, wanted: Manifest) -> tuple[Manifest | None, str | None]:
    """The manifest in the folder, and why it does not fit."""
    try:
        found = cache_manifest.read_manifest(folder)
    except ValueError as error:
        return None, str(error)
    if found is None:
        return None, None
    return found, cache_manifest.difference(found, wanted) or _damage(folder, found)


def _damage(folder: Path, manifest: Manifest) -> str | None:
    """Read every record, whose checksums TensorFlow compares."""
    for name, records, size in manifest.shards or []:
        path = folder / name
        if not path.exists() or path.stat().st_size != size:
            return f"{name} is missing or was cut short"
        data = tf.data.TFRecordDataset(str(path), buffer_size=8 * 2**20)
        try:
            count = int(data.reduce(np.int64(0), lambda number, _: number + 1))
        except tf.errors.OpError:
            return f"{name} is damaged"
        if count != records:
            return f"{name} holds {count} records instead of {records}"
    return None


def _write(samples: Sequence[Sample], view: View, folder: Path, wanted: Manifest) -> None:
    needed, free = len(samples) * (view.bytes_per_sample + 256), shutil.disk_usage(folder).free
    if needed > free:
        raise _full(folder, f"it needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
    build = cache_manifest.new_build()
    per_shard = max(1, SHARD_BYTES // view.bytes_per_sample)
    manifest = replace(wanted, build=build, shards=[], images=[], masks=[])
    decoded = _decoded(Files(samples, view), len(samples))
    try:
        for start in range(0, len(samples), per_shard):
            name = f"{build}-{start // per_shard:05}.tfrecord"
            part = samples[start : start + per_shard]
            size = _write_shard(folder / name, part, decoded, manifest)
            manifest.shards.append([name, len(part), size])
        replaced = cache_manifest.current_build(folder)
        cache_manifest.write_manifest(folder, manifest)
    except BaseException as error:
        for path in folder.glob(f"{build}*"):
            path.unlink(missing_ok=True)
        if isinstance(error, (tf.errors.OpError, OSError)):
            raise _full(folder, str(error).splitlines()[0]) from error
        raise
    cache_manifest.remove_replaced(folder, build, replaced)


def _write_shard(
    path: Path, samples: Sequence[Sample], decoded: Iterator[tuple[np.ndarray, np.ndarray]], manifest: Manifest
) -> int:
    """Write the next samples, note where their pixels are, and return the size of the file."""
    place = 0
    with tf.io.TFRecordWriter(str(path)) as writer:
        for sample in samples:
            image, mask = (values.tobytes() for values in next(decoded))
            record = _example(sample.id, image, mask)
            writer.write(record)
            at = record.index(image)
            manifest.images.append(place + _FRAME[0] + at)
            # Features are in the order of their names: the mask comes after the image.
            manifest.masks.append(place + _FRAME[0] + record.index(mask, at + len(image)))
            place += sum(_FRAME) + len(record)
    if path.stat().st_size != place:
        raise OSError(f"{path.name} has {path.stat().st_size} bytes instead of {place}")
    return place


def _example(name: str, image: bytes, mask: bytes) -> bytes:
    values = {"id": name.encode(), "image": image, "mask": mask}
    features = {key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in values.items()}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def _decoded(files: Files, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The samples in order, several being decoded at once."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, count, _AT_ONCE):
            yield from pool.map(files.read, range(start, min(start + _AT_ONCE, count)))


def _full(folder: Path, reason: str) -> DataError:
    return DataError(
        f"The cache cannot be written to {folder}: {reason}. Free some space, choose another cache_dir, or do without it."
    )


def _close(files: list[BinaryIO]) -> None:
    for file in files:
        file.close()
