"""Samples as the model sees them: decoded, resized, preprocessed."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from keras_rau.datasets.feeding.fast_reading import read_pair_fast
from keras_rau.datasets.geometry import Size, fit_image, fit_mask
from keras_rau.datasets.preprocessing import Step, preprocess
from keras_rau.datasets.reading.content import FileProblem, printable
from keras_rau.datasets.reading.depth import FULL, GUESS_REMEDY, guess_message
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

# By this word `plain_errors` finds our line in what TensorFlow makes of it.
SIGN = "DataError: "


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
    """Reads the files every time; warns once when the depth of 16-bit images is guessed.

    Args:
        samples: samples with masks.
        view: how the model sees them.
    """

    def __init__(self, samples: Sequence[Sample], view: View) -> None:
        self.samples = samples
        self.view = view
        self._guessed: tuple[Path, int] | None = None

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """See `Store`."""
        sample, view = self.samples[index], self.view
        image, mask = read_pair_fast(sample.image, sample.mask, bit_depth=sample.bit_depth, note=self._note)
        image = fit_image(image, view.size, view.resize)
        return preprocess(image, view.steps) if view.steps else image, fit_mask(mask, view.size, view.resize)

    def _note(self, path: Path, bits: int) -> None:
        known = self._guessed is not None
        first, depth = self._guessed = self._guessed or (path, bits)
        if depth != bits:
            text = f"{first} would be read as of {depth} bits, {path} as of {bits}, and one of them too bright."
            raise FileProblem("bit_depths_differ", text, GUESS_REMEDY)
        if bits < FULL and not known:
            warnings.warn(f"{guess_message(path, bits)} {GUESS_REMEDY}", stacklevel=2)


class Batches:
    """Puts the samples of several positions together.

    Args:
        store: where they come from.
        size: height and width.
    """

    def __init__(self, store: Store, size: Size) -> None:
        self.store = store
        self.size = size

    def __call__(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, bytes]:
        """Images uint8 `(B, H, W, 3)`, masks uint8 `(B, H, W, 1)`, and what is wrong with a file, empty if nothing is.

        An error is returned, because of one that is raised TensorFlow would tell our traceback as well.
        """
        images, masks = (_aligned((len(indices), *self.size, channels)) for channels in (3, 1))
        for place, index in enumerate(indices.tolist()):
            try:
                images[place], masks[place, ..., 0] = self.store.read(index)
            except DataError as error:
                return images, masks, f"{SIGN}{printable(str(error))}".encode()
        return images, masks, b""


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """A uint8 array that TensorFlow takes over without a copy, because it begins at a multiple of 64 bytes."""
    memory = np.empty(math.prod(shape) + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + math.prod(shape)].reshape(shape)
