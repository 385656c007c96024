"""Cross-validation."""

from collections.abc import Sequence

from keras_rau.datasets.samples import Sample
from keras_rau.datasets.splitting.splits import Sets
from keras_rau.datasets.splitting.strata import Stratify, classes_of, divide
from keras_rau.errors import DataError


def folds(
    samples: Sequence[Sample],
    k: int = 5,
    seed: int = 0,
    stratify: Stratify | None = None,
    val_fraction: float = 0.1,
) -> list[Sets]:
    """Divide samples `k` times into training, validation and test set; every sample is in exactly one test set.

    Groups stay together. The result does not depend on the order of the samples.

    Args:
        samples: the samples.
        k: number of folds.
        seed: seed of the division.
        stratify: as of `split`.
        val_fraction: validation images, as a share of all samples; they are taken from what is left for training.

    Returns:
        Training, validation and test set of each fold.

    Raises:
        DataError: a set would be empty, or there is nothing to stratify by.
        ValueError: `k` is less than 2, or nothing would be left for training.

    Example:
        >>> for train, val, test in folds(samples, k=5, stratify="diagnosis"):
        ...     print(len(train), len(val), len(test))
        1453 207 415
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 2:
        raise ValueError(f"`k` must be a whole number of at least 2. Received: k={k!r}")
    if not 0 < val_fraction < 1 - 1 / k:
        raise ValueError(
            f"`val_fraction` must lie between 0 and 1 - 1/k = {1 - 1 / k:.2f}. Received: val_fraction={val_fraction}"
        )
    ordered = sorted(samples, key=lambda sample: sample.id)
    n_groups = len({sample.group for sample in ordered})
    if n_groups < k + 1:
        raise DataError(f"{n_groups} group(s) of samples cannot be divided into {k} folds with a validation set each.")
    tests = divide(ordered, classes_of(ordered, stratify), [1 / k] * k, seed)
    share = val_fraction / (1 - 1 / k)
    found = []
    for number, test in enumerate(tests):
        # A group, unlike an id, tells samples apart even when sources are mixed.
        tested = {sample.group for sample in test}
        rest = [sample for sample in ordered if sample.group not in tested]
        train, val = divide(rest, classes_of(rest, stratify), (1 - share, share), [seed, number])
        if not (train and val and test):
            raise DataError(f"{len(ordered)} samples are too few for {k} folds: fold {number} has an empty set.")
        found.append((train, val, test))
    return found
