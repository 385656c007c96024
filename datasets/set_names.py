"""Words that name training, validation and test set in the names of files and folders."""

import re
from collections.abc import Iterable

SETS = ("train", "val", "test")
WORDS = {
    "train": {"train", "training"},
    "val": {"val", "valid", "validation"},
    "test": {"test", "testing"},
}
# Between words, and before a capital: `train_images`, `trainImages`.
_BETWEEN = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case.

    Example:
        >>> words_of("trainImages-2")
        ['train', 'images', '2']
    """
    return [word.lower() for word in _BETWEEN.split(name) if word]


def set_of(names: Iterable[str]) -> str | None:
    """Return the set that names of folders or of a file speak of; `None` if they speak of none, or of several.

    Example:
        >>> set_of(["trainImages", "p1"])
        'train'
    """
    words = {word for name in names for word in words_of(name)}
    named = [name for name in SETS if words & WORDS[name]]
    return named[0] if len(named) == 1 else None
