"""Weights of images by how rare they are."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from keras_rau.datasets.classes.reading import read_lesion
from keras_rau.datasets.reading.decoding import read_mask
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

# Limits of the sizes, in shares of the image: each is twice the one before, so that small lesions are told apart.
_SIZES = (0.05, 0.1, 0.2, 0.4)


def image_weights(samples: Sequence[Sample], by: str) -> list[float]:
    """Weights by the inverse frequency of a property, so that each of its values counts the same in total.

    With N images that have a value, K values, and n images of one value, an image of it weighs N / (K n): 1 in the mean.

    Args:
        samples: those that are trained on.
        by: a column of their metadata, such as `"diagnosis"`; or `"lesion_size"`: the share of the image that the mask
            covers, up to 5, 10, 20, 40 or 100 %. An image without a value weighs 1.

    Returns:
        One weight per sample, for `pipeline(samples, weights=…)`.

    Raises:
        DataError: no sample has such a column, or all have the same value.

    Example:
        >>> pipeline(train, 256, shuffle_seed=0, weights=image_weights(train, "diagnosis"))
    """
    values = _sizes(samples) if by == "lesion_size" else _column(samples, by)
    counts = Counter(value for value in values if value is not None)
    if len(counts) < 2:
        raise DataError(f"There is nothing to balance: the images have one and the same {by}, {next(iter(counts))}.")
    share = counts.total() / len(counts)
    return [1.0 if value is None else share / counts[value] for value in values]


def lesion_share(sample: Sample) -> float:
    """Share of the image that the mask covers, from 0 to 1; of several classes any but the background.

    Raises:
        DataError: there is no mask, or it cannot be read.
    """
    if sample.mask is None:
        raise DataError(f"The sample {sample.id} has no mask, so that the size of its lesion is unknown.")
    return float((read_mask(sample.mask) if sample.classes is None else read_lesion(sample)[1]).mean())


def _sizes(samples: Sequence[Sample]) -> list[str | None]:
    with ThreadPoolExecutor() as pool:
        shares = list(pool.map(lesion_share, samples))
    limits = [0, *(round(100 * limit) for limit in _SIZES), 100]
    names = [f"{low} to {high} % of the image" for low, high in pairwise(limits)]
    return [names[place] for place in np.searchsorted(_SIZES, shares)]


def _column(samples: Sequence[Sample], name: str) -> list[str | None]:
    values = [stated(sample.metadata.get(name)) for sample in samples]
    if all(value is None for value in values):
        known = dict.fromkeys(key for sample in samples for key in sample.metadata)
        raise DataError(
            f"The images have no such column to be weighted by. Known: {', '.join(['lesion_size', *known])}. "
            f"Received: {name!r}"
        )
    return values


def stated(value: object) -> str | None:
    """A value of the metadata as text; `None` where there is none."""
    missing = value is None or value != value or not str(value).strip()  # NaN differs from itself
    return None if missing else str(value).strip()
