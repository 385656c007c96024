"""Everything that can be wrong with the files of a data set, found before training."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_rau.datasets.decoding import read_image, read_mask
from keras_rau.datasets.files import listed
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError


def size_difference(sample: Sample, image: np.ndarray, mask: np.ndarray) -> str | None:
    """What is wrong when a mask is not of its image's size; `None` when it is."""
    if image.shape[:2] == mask.shape:
        return None
    return (
        f"{sample.mask} is {mask.shape[1]}×{mask.shape[0]} pixels, its image {sample.image} "
        f"{image.shape[1]}×{image.shape[0]}"
    )


def check(samples: Sequence[Sample], progress: Callable[[], None] | None = None) -> None:
    """Decode every image and mask once and report everything that is wrong in one error.

    Args:
        samples: what `load` returned.
        progress: called once per sample.

    Raises:
        DataError: there are no samples; an id occurs twice; a file is missing, unreadable or truncated; a mask holds
            grey values; image and mask differ in size. The message counts the problems and names the first ten.

    Example:
        >>> check(load("isic2018", "ISIC2018"))
    """
    if not samples:
        raise DataError("There are no samples to check.")
    problems = [
        f"the id {name} occurs {count} times" for name, count in Counter(s.id for s in samples).items() if count > 1
    ]

    def inspect(sample: Sample) -> str | None:
        try:
            image = read_image(sample.image)
            if sample.mask is None:
                return None
            mask = read_mask(sample.mask)
        except DataError as error:
            return str(error)
        finally:
            if progress is not None:
                progress()
        return size_difference(sample, image, mask)

    # Decoding leaves Python's lock, so that threads use all cores.
    with ThreadPoolExecutor() as pool:
        problems += [problem for problem in pool.map(inspect, samples) if problem is not None]
    if problems:
        headline = f"{len(problems)} problem(s) in {len(samples)} samples of {samples[0].source}"
        raise DataError(f"{listed(headline, problems)}\nRepair or remove these files.")
