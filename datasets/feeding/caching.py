"""Which cache a pipeline gets."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from keras_rau.datasets.feeding.loading import Files, Store, View
from keras_rau.datasets.feeding.memory_cache import MemoryCache, default_limit
from keras_rau.datasets.samples import Sample
from keras_rau.suggestion import did_you_mean

CACHES = ("auto", "memory", "disk", "none")


def check_cache(cache: bool | str, cache_dir: Path | str | None, memory_limit: int | None) -> str:
    """The kind of cache, with `True` and `False` as their names.

    Raises:
        ValueError: the arguments are wrong or contradict each other.
    """
    if isinstance(cache, bool):
        cache = "auto" if cache else "none"
    if cache not in CACHES:
        raise ValueError(
            f"`cache` must be one of {', '.join(CACHES)}. {did_you_mean(str(cache), CACHES)}Received: cache={cache!r}"
        )
    if cache == "disk" and cache_dir is None:
        raise ValueError("`cache='disk'` needs a folder: give `cache_dir`.")
    if cache in ("memory", "none") and cache_dir is not None:
        raise ValueError(
            f"`cache_dir` is for `cache='disk'` or 'auto'. Received: cache={cache!r}, cache_dir={cache_dir}"
        )
    if memory_limit is not None and memory_limit < 0:
        raise ValueError(f"`memory_limit` is a number of bytes. Received: memory_limit={memory_limit}")
    return cache


def open_store(
    samples: Sequence[Sample], view: View, cache: str, cache_dir: Path | str | None, memory_limit: int | None
) -> Store:
    """Where the pipeline reads its samples; the arguments are checked already."""
    files = Files(samples, view)
    if cache == "none":
        return files
    limit = default_limit() if memory_limit is None else memory_limit
    needed = len(samples) * view.bytes_per_sample
    if cache == "disk" or (cache == "auto" and cache_dir is not None and needed > limit):
        from keras_rau.datasets.feeding.record_cache import open_record_cache

        return open_record_cache(samples, view, cache_dir)
    kept = MemoryCache(files, view, len(samples), limit)
    if kept.kept < len(samples):
        warnings.warn(
            f"The resized images take {needed / 1e9:.1f} GB, more than the {limit / 1e9:.1f} GB kept in memory: "
            f"{len(samples) - kept.kept} of {len(samples)} are decoded in every epoch. A `cache_dir` on disk keeps them all.",
            stacklevel=3,
        )
    return kept
