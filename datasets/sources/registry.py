"""Sources of samples by name."""

import inspect
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.reading.depth import check_bit_depth
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.reporting import raise_errors, warn
from keras_rau.errors import RauError, UsageError
from keras_rau.suggestion import did_you_mean, unknown_name

# name -> module and function; imported when asked for
_SOURCES = {
    "isic2016": ("isic", "isic2016"),
    "isic2017": ("isic", "isic2017"),
    "isic2018": ("isic", "isic2018"),
    "ph2": ("ph2", "ph2"),
    "ham10000": ("ham10000", "ham10000"),
    "folder": ("own_folder", "folder"),
    "phantom": ("phantom", "phantom"),
}


def names() -> list[str]:
    """Names that `load` and `survey` know."""
    return list(_SOURCES)


def survey(name: str, root: Path | str, *, bit_depth: int | None = None, **options: Any) -> Listing:
    """List the samples of a data set and everything that is odd about its files, without decoding them.

    Args:
        name: one of `names()`.
        root: its folder.
        bit_depth: how many bits the images use whose files have 16, see `read_image`.
        **options: of the source, as for `load`.

    Returns:
        The samples that have image and mask, and the findings about all other files.

    Raises:
        UsageError: the name or an option is unknown, or an option has no valid value.
        DataError: the folder is missing, or nothing in it looks like this data set.

    Example:
        >>> survey("isic2018", "ISIC2018").findings
        []
    """
    if name not in _SOURCES:
        raise UsageError(unknown_name("data set", name, _SOURCES))
    module, function = _SOURCES[name]
    source = getattr(import_module(f"keras_rau.datasets.sources.{module}"), function)
    known = [option for option in inspect.signature(source).parameters if option != "root"]
    for option in options:
        if option not in known:
            raise UsageError(
                f"The data set {name!r} does not take this option. {did_you_mean(option, known)}Known: "
                f"{', '.join([*known, 'bit_depth'])}. Received: {option!r}"
            )
    check_bit_depth(bit_depth)
    try:
        listing = source(root, **options)
        if bit_depth is not None:
            listing.samples = [replace(sample, bit_depth=bit_depth) for sample in listing.samples]
        return listing
    except RauError:
        raise
    except ValueError as error:
        raise UsageError(f"The data set {name!r}: {error}") from error


def load(name: str, root: Path | str, *, bit_depth: int | None = None, **options: Any) -> list[Sample]:
    """List the samples of a data set.

    Args:
        name: one of `names()`.
        root: its folder.
        bit_depth: how many bits the images use whose files have 16, such as 12; see `read_image`.
        **options: of the source: `unpaired="drop"` leaves out files without partner; `images=`, `masks=`,
            `image_pattern=`, `mask_pattern=`, `recursive=`, `metadata=`, `group_column=` of `"folder"`; `n=`, `seed=`,
            `size=` of `"phantom"`; `classes=` of both, for masks of several classes, see `parse_classes`.

    Returns:
        Samples sorted by official set and id. What is left out is listed in a warning.

    Raises:
        UsageError: the name or an option is unknown, or an option has no valid value.
        DataError: the folder is missing or empty, or its files do not pair.

    Example:
        >>> samples = load("isic2018", "ISIC2018")
    """
    listing = survey(name, root, bit_depth=bit_depth, **options)
    raise_errors(listing, root)
    warn(listing)
    return listing.samples
