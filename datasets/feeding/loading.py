"""Samples as the model sees them: decoded, resized, preprocessed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from keras_rau.datasets.feeding.fast_reading import read_pair_fast
from keras_rau.datasets.geometry import Size, fit_image, fit_mask
from keras_rau.datasets.preprocessing import Step, preprocess
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError


class Store(Protocol):
    """Where samples at the model's size come from, by their position in the list. Used by several threads at once."""

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Image uint8 `(H, W, 3)` and mask uint8 `(H, W)`, which are not to be changed.

        Raises:
            DataError: a file is missing or damaged.
        """


@dataclass(frozen=True)
class View:
    """How the model sees a picture.

    Attributes:
        size: height and width.
        resize: `"letterbox"` or `"squash"`.
        steps: preprocessing of the resized image.
    """

    size: Size
    resize: str = "letterbox"
    steps: tuple[Step, ...] = ()

    @property
    def bytes_per_sample(self) -> int:
        """Of image and mask, as uint8."""
        return 4 * self.size[0] * self.size[1]


class Files:
    """Reads the files every time.

    Args:
        samples: samples with masks.
        view: how the model sees them.
    """

    def __init__(self, samples: Sequence[Sample], view: View) -> None:
        self.samples = samples
        self.view = view

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Store`."""
        sample, view = self.samples[index], self.view
        try:
            image, mask = read_pair_fast(sample.image, sample.mask)
        except (DataError, OSError) as error:
            # By this name `plain_errors` finds it in what TensorFlow makes of it.
            raise DataError(str(error)) from error
        image = fit_image(image, view.size, view.resize)
        return preprocess(image, view.steps) if view.steps else image, fit_mask(mask, view.size, view.resize)


class Batches:
    """Puts the samples of several positions together.

    Args:
        store: where they come from.
        size: height and width.
    """

    def __init__(self, store: Store, size: Size) -> None:
        self.store = store
        self.size = size

    def __call__(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Images uint8 `(B, H, W, 3)` and masks uint8 `(B, H, W, 1)`."""
        images, masks = (_aligned((len(indices), *self.size, channels)) for channels in (3, 1))
        for place, index in enumerate(indices.tolist()):
            images[place], masks[place, ..., 0] = self.store.read(index)
        return images, masks


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """A uint8 array that TensorFlow takes over without a copy, because it begins at a multiple of 64 bytes."""
    memory = np.empty(math.prod(shape) + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + math.prod(shape)].reshape(shape)
