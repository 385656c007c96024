"""Training, validation and test sets."""

from collections.abc import Sequence
from pathlib import Path

from keras_rau.datasets.files import listed
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_NAMES = ("train", "val", "test")


def split(
    samples: Sequence[Sample],
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    official: bool = False,
) -> tuple[list[Sample], list[Sample], list[Sample]]:
    """Split samples at random into training, validation and test set; groups stay together.

    The result depends on the ids, the groups and the seed, not on the order of the samples.

    Args:
        samples: the samples.
        fractions: of training, validation and test set; they sum to 1. Taken of the groups.
        seed: seed of the split.
        official: take the sets the source comes with instead.

    Raises:
        DataError: a set would be empty, or there is no official split.
        ValueError: the fractions are not positive or do not sum to 1.

    Example:
        >>> train, val, test = split(samples, (0.7, 0.1, 0.2), seed=0)
    """
    ordered = sorted(samples, key=lambda sample: sample.id)
    if official:
        return _official(ordered)
    if len(fractions) != 3 or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise ValueError(f"`fractions` must be three positive numbers that sum to 1. Received: fractions={fractions}")
    from sklearn.model_selection import train_test_split

    groups = sorted({sample.group for sample in ordered})
    n_test, n_val = (max(1, round(len(groups) * fraction)) for fraction in (fractions[2], fractions[1]))
    if len(groups) < 3 or n_test + n_val >= len(groups):
        raise DataError(f"{len(groups)} group(s) of samples cannot be split into three sets of {fractions}.")
    rest, test = train_test_split(groups, test_size=n_test, random_state=seed)
    train, val = train_test_split(rest, test_size=n_val, random_state=seed)
    return tuple([s for s in ordered if s.group in chosen] for chosen in (set(train), set(val), set(test)))


def _official(samples: list[Sample]) -> tuple[list[Sample], list[Sample], list[Sample]]:
    sets = tuple([sample for sample in samples if sample.split == name] for name in _NAMES)
    empty = [name for name, chosen in zip(_NAMES, sets, strict=True) if not chosen]
    if empty:
        raise DataError(
            f"There is no official split here: no sample belongs to {', '.join(empty)}. Split at random instead."
        )
    return sets


def save_split(folder: Path | str, train: Sequence[Sample], val: Sequence[Sample], test: Sequence[Sample]) -> None:
    """Write `train.txt`, `val.txt` and `test.txt`, one id a line."""
    for name, chosen in zip(_NAMES, (train, val, test), strict=True):
        (Path(folder) / f"{name}.txt").write_text("".join(f"{sample.id}\n" for sample in chosen))


def read_split(folder: Path | str) -> dict[str, list[str]]:
    """Ids of the lists that `save_split` wrote, by set.

    Raises:
        DataError: a list is missing or names an id twice.
    """
    lists: dict[str, list[str]] = {}
    for name in _NAMES:
        path = Path(folder) / f"{name}.txt"
        try:
            lists[name] = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        except OSError as error:
            raise DataError(f"Cannot read the list {path}: {error.strerror}.") from error
    ids = [name for chosen in lists.values() for name in chosen]
    twice = sorted({name for name in ids if ids.count(name) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise DataError(listed(f"Ids that the lists in {folder} name twice", twice))
    return lists


def apply_split(lists: dict[str, list[str]], samples: Sequence[Sample], where: str) -> dict[str, list[Sample]]:
    """Samples of the ids of each list, in the order of the list.

    Raises:
        DataError: an id is not among the samples.
    """
    known = {sample.id: sample for sample in samples}
    missing = [name for chosen in lists.values() for name in chosen if name not in known]
    if missing:
        raise DataError(listed(f"{len(missing)} id(s) of {where} are not among the {len(samples)} samples", missing))
    return {name: [known[i] for i in chosen] for name, chosen in lists.items()}


def load_split(folder: Path | str, samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Samples of the lists that `save_split` wrote, by set.

    Raises:
        DataError: a list is missing, or an id is named twice or not among the samples.
    """
    return apply_split(read_split(folder), samples, f"the lists in {folder}")
