"""Samples kept in memory, up to a number of bytes."""

import os
from pathlib import Path

import numpy as np

from keras_rau.datasets.feeding.loading import Store, View

GIB = 2**30
LARGEST = 4 * GIB


class MemoryCache:
    """Keeps the first samples of the list once they were read; the others are read every time.

    Args:
        store: where samples come from.
        view: how the model sees them.
        count: number of samples.
        limit: bytes that may be used.
    """

    def __init__(self, store: Store, view: View, count: int, limit: int) -> None:
        self.store = store
        self.kept = min(count, limit // view.bytes_per_sample)
        # The system hands memory out when it is written to, so that what was not read yet takes none.
        self._images = np.empty((self.kept, *view.size, 3), np.uint8)
        self._masks = np.empty((self.kept, *view.mask_shape), np.uint8)
        self._filled = np.zeros(self.kept, bool)

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Store`."""
        if index >= self.kept:
            return self.store.read(index)
        if not self._filled[index]:
            # Two threads may do this at once; both write the same.
            self._images[index], self._masks[index] = self.store.read(index)
            self._filled[index] = True
        return self._images[index], self._masks[index]


def default_limit() -> int:
    """Bytes a pipeline may keep: a quarter of the memory that is free, at most 4 GiB; 1 GiB where that is not known."""
    known = [value for value in (_available(), *map(_container, _CONTAINERS)) if value is not None]
    return min(min(known) // 4, LARGEST) if known else GIB


_CONTAINERS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _container(file: Path) -> int | None:
    """What a container is allowed to use, which the system's own figure does not know of."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
