"""Samples as the model sees them: decoded, resized, preprocessed."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from keras_rau.datasets.classes.description import ClassMasks
from keras_rau.datasets.classes.reading import read_sample
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
        """Image uint8 `(H, W, 3)` and mask uint8 `(H, W)` or `(H, W, K)`, which are not to be changed.

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
        classes: what masks of several classes mean; `None` for one lesion class.
    """

    size: Size
    resize: str = "letterbox"
    steps: tuple[Step, ...] = ()
    classes: ClassMasks | None = None

    @property
    def mask_shape(self) -> tuple[int, ...]:
        """Of the masks that a store gives."""
        channels = 1 if self.classes is None else self.classes.channels
        return self.size if channels == 1 else (*self.size, channels)

    @property
    def bytes_per_sample(self) -> int:
        """Of image and mask, as uint8."""
        return 3 * self.size[0] * self.size[1] + math.prod(self.mask_shape)


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
        if sample.classes is None:
            image, mask = read_pair_fast(sample.image, sample.mask, bit_depth=sample.bit_depth, note=self._note)
        else:
            image, mask = read_sample(sample, note=self._note)
        image = fit_image(image, view.size, view.resize)
        fitted = (fit_mask if sample.classes is None else sample.classes.fit)(mask, view.size, view.resize)
        return preprocess(image, view.steps) if view.steps else image, fitted

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
        view: how the model sees them.
    """

    def __init__(self, store: Store, view: View) -> None:
        self.store = store
        self.size = view.size
        self.channels = 1 if view.classes is None else view.classes.channels

    def __call__(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, bytes]:
        """Images uint8 `(B, H, W, 3)`, masks uint8 `(B, H, W, 1)` or `(B, H, W, K)`, and what is wrong, if anything.

        An error is returned, because of one that is raised TensorFlow would tell our traceback as well.
        """
        images, masks = (_aligned((len(indices), *self.size, channels)) for channels in (3, self.channels))
        for place, index in enumerate(indices.tolist()):
            try:
                images[place], mask = self.store.read(index)
            except DataError as error:
                return images, masks, f"{SIGN}{printable(str(error))}".encode()
            masks[place] = mask.reshape(masks.shape[1:])
        return images, masks, b""


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """A uint8 array that TensorFlow takes over without a copy, because it begins at a multiple of 64 bytes."""
    memory = np.empty(math.prod(shape) + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + math.prod(shape)].reshape(shape)
