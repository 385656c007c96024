"""Images as a training would see them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_rau.datasets.augmentation import Policy, augment, sample_seed
from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.geometry import fit_image, fit_mask
from keras_rau.datasets.preprocessing import parse_steps, preprocess
from keras_rau.datasets.preprocessing.steps import Steps
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.outputs import Outputs

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One sample of a preview; all images uint8 RGB `(H, W, 3)`, all masks uint8 `(H, W)` of 0 and 1, or as `read_sample`.

    Attributes:
        id: of the sample.
        fitted: image and mask at the size the model sees.
        preprocessed: the image after the preprocessing steps, or `None` when there are none.
        epochs: what the model would see in epochs 0, 1, …
        outputs: the classes of the masks; `None` for one lesion class.
    """

    id: str
    fitted: Pair
    preprocessed: np.ndarray | None
    epochs: list[Pair]
    outputs: Outputs | None = None


def preview(
    samples: Sequence[Sample],
    policy: Policy | None,
    size: tuple[int, int] = (256, 256),
    images: int = 4,
    variants: int = 5,
    seed: int = 0,
    resize: str = "letterbox",
    preprocessing: Steps = None,
) -> list[Row]:
    """Some samples of a training set, in the first epochs of a training.

    Args:
        samples: the training set. A sample is augmented by its place in it.
        policy: from `get_policy`.
        size: height and width of what the model sees.
        images: how many samples, spread evenly over the set; all when there are fewer.
        variants: how many epochs.
        seed: of the training.
        resize: see `fit_image`.
        preprocessing: steps before the augmentation, as `parse_steps` reads them.

    Returns:
        One row a sample, exactly what `pipeline` gives with these arguments.

    Raises:
        DataError: there are no samples, one of those shown has no mask, or a file cannot be read.

    Example:
        >>> rows = preview(train, get_policy("strong"), images=3)
    """
    if not samples:
        raise DataError("There are no samples to show.")
    chosen = np.unique(np.linspace(0, len(samples) - 1, min(images, len(samples))).round().astype(int))
    steps = parse_steps(preprocessing)
    return [_row(samples[index], int(index), policy, size, variants, seed, resize, steps) for index in chosen]


def _row(
    sample: Sample,
    index: int,
    policy: Policy | None,
    size: tuple[int, int],
    variants: int,
    seed: int,
    resize: str,
    steps: Steps,
) -> Row:
    if sample.mask is None:
        raise DataError(f"{sample.id} has no mask.")
    image, mask = read_sample(sample)
    fit = fit_mask if sample.classes is None else sample.classes.fit
    image, mask = fit_image(image, size, resize), fit(mask, size, resize)
    planes, labels = mask.reshape(*size, -1), sample.classes is not None and not sample.classes.overlapping
    ready = preprocess(image, steps) if steps else image
    epochs = []
    for epoch in range(variants):
        key = sample_seed(seed, tf.constant(epoch, tf.int64), tf.constant(index, tf.int64))
        seen, lesion = augment(tf.constant(ready), tf.constant(planes), policy, key, labels=labels)
        epochs.append((seen.numpy().astype(np.uint8), lesion.numpy().astype(np.uint8).reshape(mask.shape)))
    outputs = None if sample.classes is None else sample.classes.outputs
    return Row(sample.id, (image, mask), ready if steps else None, epochs, outputs)
