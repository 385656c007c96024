"""Sources of samples by name."""

from importlib import import_module
from pathlib import Path
from typing import Any

from keras_rau.datasets.samples import Sample
from keras_rau.errors import RauError, UsageError
from keras_rau.suggestion import did_you_mean

# name -> module and function; imported when asked for
_SOURCES = {
    "isic2018": ("isic", "isic2018"),
    "ph2": ("ph2", "ph2"),
    "ham10000": ("ham10000", "ham10000"),
    "folder": ("own_folder", "folder"),
    "phantom": ("phantom", "phantom"),
}


def names() -> list[str]:
    """Names that `load` knows."""
    return list(_SOURCES)


def load(name: str, root: Path | str, **options: Any) -> list[Sample]:
    """List the samples of a data set.

    Args:
        name: one of `names()`.
        root: its folder.
        **options: of the source: `unpaired="drop"` leaves out files without partner; `images=`, `masks=` of
            `"folder"`; `n=`, `seed=`, `size=` of `"phantom"`.

    Returns:
        Samples sorted by id. Nothing is left out silently.

    Raises:
        UsageError: the name or an option is unknown, or an option has no valid value.
        DataError: the folder is missing or empty, or its files do not pair.

    Example:
        >>> samples = load("isic2018", "ISIC2018")
    """
    if name not in _SOURCES:
        hint = did_you_mean(name, _SOURCES)
        raise UsageError(f"Unknown data set. {hint}Known: {', '.join(_SOURCES)}. Received: {name!r}")
    module, function = _SOURCES[name]
    source = getattr(import_module(f"keras_rau.datasets.sources.{module}"), function)
    try:
        return source(root, **options)
    except RauError:
        raise
    except ValueError as error:
        raise UsageError(f"The data set {name!r}: {error}") from error
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise UsageError(f"The data set {name!r} does not take this option: {error}") from error
