"""Training, validation and test sets."""

import warnings
from collections.abc import Sequence

from keras_rau.datasets.files import listed
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.set_names import SETS
from keras_rau.datasets.splitting.strata import Stratify, classes_of, divide
from keras_rau.errors import DataError

Sets = tuple[list[Sample], list[Sample], list[Sample]]


def split(
    samples: Sequence[Sample],
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    stratify: Stratify | None = None,
    official: bool = False,
) -> Sets:
    """Split samples at random into training, validation and test set; groups stay together.

    The result depends on the ids, the groups, the classes and the seed, not on the order of the samples.

    Args:
        samples: the samples.
        fractions: of training, validation and test set; they sum to 1. Taken of the groups; with `stratify`, of the images
            of every class.
        seed: seed of the split.
        stratify: a column of the metadata, such as `"diagnosis"`, or a function of a sample, whose values shall be spread
            alike over the sets; images without a value are a class of their own.
        official: take the sets the source comes with instead. If it has none for validation (ISIC 2016), that is taken
            out of the training set, in the proportion of the first two fractions.

    Raises:
        DataError: a set would be empty, there is no official split, or there is nothing to stratify by.
        ValueError: the fractions are not positive or do not sum to 1.

    Example:
        >>> train, val, test = split(samples, (0.7, 0.1, 0.2), seed=0, stratify="diagnosis")
    """
    if len(fractions) != 3 or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise ValueError(f"`fractions` must be three positive numbers that sum to 1. Received: fractions={fractions}")
    ordered = sorted(samples, key=lambda sample: sample.id)
    if official:
        return _official(ordered, fractions[1] / (fractions[0] + fractions[1]), seed, stratify)
    if stratify is None:
        return _by_groups(ordered, fractions, seed)
    train, val, test = divide(ordered, classes_of(ordered, stratify), fractions, seed) if ordered else ([], [], [])
    if not (train and val and test):
        raise _too_few(ordered, fractions)
    return train, val, test


def _by_groups(samples: list[Sample], fractions: tuple[float, float, float], seed: int) -> Sets:
    """Lists of trained models depend on this: it must give the same sets for ever."""
    from sklearn.model_selection import train_test_split

    groups = sorted({sample.group for sample in samples})
    n_test, n_val = (max(1, round(len(groups) * fraction)) for fraction in (fractions[2], fractions[1]))
    if len(groups) < 3 or n_test + n_val >= len(groups):
        raise _too_few(samples, fractions)
    rest, test = train_test_split(groups, test_size=n_test, random_state=seed)
    train, val = train_test_split(rest, test_size=n_val, random_state=seed)
    return tuple([s for s in samples if s.group in chosen] for chosen in (set(train), set(val), set(test)))


def _too_few(samples: list[Sample], fractions: tuple[float, float, float]) -> DataError:
    groups = len({sample.group for sample in samples})
    return DataError(
        f"{groups} group(s) of samples cannot be split into three sets of {fractions}: add images, or name lists of yours "
        "(train: data.split_dir)."
    )


def _official(samples: list[Sample], val_share: float, seed: int, stratify: Stratify | None) -> Sets:
    train, val, test = ([sample for sample in samples if sample.split == name] for name in SETS)
    if train and test and not val:
        train, val = divide(train, classes_of(train, stratify), (1 - val_share, val_share), seed)
    empty = [name for name, chosen in zip(SETS, (train, val, test), strict=True) if not chosen]
    if empty:
        raise DataError(
            f"There is no official split here: no sample belongs to {', '.join(empty)}. Split at random instead."
        )
    others = [sample.id for sample in samples if sample.split not in SETS]
    if others:
        warnings.warn(
            f"Left out: {listed(f'{len(others)} image(s) that belong to no official set', others)}", stacklevel=3
        )
    return train, val, test
