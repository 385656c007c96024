"""Reading class masks of whatever form."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.classes.description import ClassMasks
from keras_rau.datasets.classes.parsing import parse_classes
from keras_rau.datasets.reading.colours import Note, has_alpha
from keras_rau.datasets.reading.content import FileProblem
from keras_rau.datasets.reading.decoding import place_mask, read_pair, upright_image, upright_values
from keras_rau.datasets.reading.opening import Opened, open_file
from keras_rau.datasets.reading.two_values import two_values
from keras_rau.datasets.samples import Sample

_SHOWN = 8


def read_sample(sample: Sample, *, note: Note | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read the image and the mask of a sample, both upright, whatever its mask is made of.

    Args:
        sample: a sample with a mask.
        note: see `read_image`; the depth of its image is the sample's `bit_depth`.

    Returns:
        Image uint8 RGB `(H, W, 3)`; and the truth in the form in which `keras_rau.outputs.Outputs.decide` gives predictions:
        uint8 `(H, W)` of 0 and 1 for one lesion class, `(H, W)` of class numbers for exclusive classes (255: pixels that
        count nothing), `(H, W, K)` of 0 and 1 for overlapping classes.

    Raises:
        DataError: a file is missing, truncated, no image, of another size, or holds what no class is stated for.

    Example:
        >>> image, truth = read_sample(samples[0])
    """
    if sample.classes is None:
        return read_pair(sample.image, sample.mask, bit_depth=sample.bit_depth, note=note)
    image = open_file(sample.image)
    pixels = upright_image(image, sample.bit_depth, note)
    return pixels, read_truth(sample, image, open_file)[0]


def read_lesion(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Read the image of a sample and where there is any class but the background, uint8 `(H, W)` of 0 and 1."""
    image, truth = read_sample(sample)
    return image, truth if sample.classes is None else sample.classes.foreground(truth)


def read_class_mask(path: Path | str, classes: Any) -> np.ndarray:
    """Read a label image or a coloured mask, turned upright if its own EXIF tag says so.

    Args:
        path: the file.
        classes: what its values or colours mean, as `datasets.load` takes it.

    Returns:
        uint8 `(H, W)` of class numbers, or `(H, W, K)` of 0 and 1 for overlapping classes.

    Raises:
        DataError: the file is missing, truncated, no image, or holds a value that no class is stated for.
        UsageError: `classes` is not such a description, or one of one file a class.

    Example:
        >>> read_class_mask("7_mask.png", {0: "background", 1: "nevus", 2: "melanoma"}).max()
        2
    """
    described = parse_classes(classes)
    if described.form == "files":
        raise ValueError("One file a class is read with `read_sample`, or each file with `read_mask`.")
    opened = open_file(path)
    return _meant(upright_values(opened, _places(opened, described)), described)


def read_truth(
    sample: Sample, image: Opened, open_: Callable[[Path], Opened]
) -> tuple[np.ndarray, list[tuple[Path, bool]]]:
    """Read the mask of a sample on the upright grid of its image.

    Args:
        sample: a sample with `classes`.
        image: its opened image.
        open_: opens a mask file.

    Returns:
        The truth, see `read_sample`; and of each file whether another turn would fit as well and give another mask.

    Raises:
        FileProblem: a file cannot be used.
    """
    classes, doubts = sample.classes, []

    def placed(path: Path, read: Callable[[Opened], np.ndarray]) -> np.ndarray:
        opened = open_(path)
        values, ambiguous = place_mask(image, opened, read(opened))
        doubts.append((path, ambiguous))
        return values

    if classes.form != "files":
        values = placed(sample.mask, lambda opened: _places(opened, classes))
        return _meant(values, classes), doubts
    planes = [None if path is None else placed(path, two_values) for path in sample.class_files]
    some = next(plane for plane in planes if plane is not None)
    stack = np.stack([np.zeros_like(some) if plane is None else plane for plane in planes], axis=-1)
    if classes.overlapping:
        return stack if len(classes.names) > 1 else stack[..., 0], doubts
    return _exclusive(stack, sample, classes), doubts


def _exclusive(stack: np.ndarray, sample: Sample, classes: ClassMasks) -> np.ndarray:
    """Class numbers of files that must not share a pixel."""
    twice = stack.sum(axis=-1) > 1
    if twice.any():
        names = [name for name, shared in zip(classes.names[1:], stack[twice].any(axis=0), strict=True) if shared]
        raise FileProblem(
            "classes_overlap",
            f"{sample.mask} and the files beside it of the classes {', '.join(names)} share {int(twice.sum())} pixels, but "
            "the classes are said to exclude each other. Correct the files, or leave `overlapping: false` out of `classes`.",
        )
    numbers = np.arange(1, stack.shape[-1] + 1, dtype=np.uint8)
    return (stack * numbers).max(axis=-1)


def _meant(places: np.ndarray, classes: ClassMasks) -> np.ndarray:
    """The truth, of the number of the key that each pixel has."""
    if not classes.overlapping:
        return np.array([channels[0] for _, channels in classes.keys], np.uint8)[places]
    table = np.zeros((len(classes.keys), len(classes.names)), np.uint8)
    for row, (_, channels) in zip(table, classes.keys, strict=True):
        row[list(channels)] = 1
    return table[places] if len(classes.names) > 1 else table[:, 0][places]


def _places(opened: Opened, classes: ClassMasks) -> np.ndarray:
    """Number of the key in `classes.keys` that each pixel has, `(H, W)`."""
    if opened.format in ("JPEG", "MPO"):
        # It may well turn one class into another that is stated too, which nobody would see.
        raise FileProblem(
            "class_unknown", f"{opened.path} is a JPEG file, whose compression changes class masks. Save them as PNG."
        )
    if classes.form == "values":
        plane, keys = _numbers(opened, classes), np.array([key for key, _ in classes.keys], np.int64)
    else:
        plane, keys = _colours(opened), np.array([int(str(key)[1:], 16) for key, _ in classes.keys], np.int64)
    order = np.argsort(keys)
    if plane.dtype == np.uint8:
        # Nearly all label images: a table is several times faster than a search.
        found = np.searchsorted(keys[order], np.arange(256)).clip(max=len(keys) - 1)
        known = (keys[order][found] == np.arange(256))[plane]
        found = found[plane]
    else:
        found = np.searchsorted(keys[order], plane).clip(max=len(keys) - 1)
        known = keys[order][found] == plane
    if not known.all():
        raise _unknown(opened, np.unique(plane[~known]), np.unique(plane), classes)
    return order[found].astype(np.uint8 if len(keys) <= 256 else np.uint16)


def _numbers(opened: Opened, classes: ClassMasks) -> np.ndarray:
    """Read the number in each pixel of a label image."""
    image = opened.image
    if opened.deep is not None:
        values = opened.deep
    elif image.mode == "P":
        # The numbers of a palette are the labels; its colours are for the eye.
        return np.asarray(image)
    elif image.mode == "1":
        white = 255 if 255 in dict(classes.keys) else 1
        return np.asarray(image).astype(np.uint8) * np.uint8(white)
    elif image.mode[0] in "IF" or (image.mode == "L" and not has_alpha(image)):
        values = np.asarray(image)
        if values.dtype.kind == "f" and not np.array_equal(values, np.rint(values)):
            raise FileProblem("class_unknown", f"{opened.path} holds fractions, which are not class numbers.")
        return values if values.dtype == np.uint8 else values.astype(np.int64)
    else:
        values = _colour_channels(opened)
    if values.shape[2] == 4 and values[..., 3].min() != values[..., 3].max():
        raise FileProblem(
            "class_unknown",
            f"{opened.path} has transparent pixels, of which it is not clear what class they are. Save it without them.",
        )
    red, green, blue = (values[..., channel] for channel in range(3))
    if not (np.array_equal(red, green) and np.array_equal(green, blue)):
        raise FileProblem(
            "class_unknown",
            f"{opened.path} is a coloured picture, but `classes` states values. State its colours instead, such as "
            "{'#000000': background, '#ff0000': nevus}; or, if image and mask are exchanged, exchange them back.",
        )
    return red if red.dtype == np.uint8 else red.astype(np.int64)


def _colours(opened: Opened) -> np.ndarray:
    """Each pixel's colour as one number."""
    values = opened.deep if opened.deep is not None else _colour_channels(opened)
    if values.dtype == np.uint16:
        # 8 bits that were stored with 16 come back exactly.
        values = values // 257 if not (values % 257).any() else values.astype(np.int64)
    if values.shape[2] == 4 and values[..., 3].min() != values[..., 3].max():
        raise FileProblem(
            "class_unknown",
            f"{opened.path} has transparent pixels, of which it is not clear what class they are. Save it without them.",
        )
    red, green, blue = (values[..., channel].astype(np.int64) for channel in range(3))
    return (red << 16) + (green << 8) + blue if values.max() <= 255 else (red << 32) + (green << 16) + blue


def _colour_channels(opened: Opened) -> np.ndarray:
    try:
        return np.asarray(opened.image.convert("RGBA" if has_alpha(opened.image) else "RGB"))
    except ValueError as error:
        raise FileProblem(
            "file_unreadable", f"{opened.path} has a colour space that cannot be read ({error}). Save it as PNG."
        ) from error


def _unknown(opened: Opened, unknown: np.ndarray, present: np.ndarray, classes: ClassMasks) -> FileProblem:
    """Describe values that no class is stated for."""
    stated = [key for key, _ in classes.keys]
    text = (
        f"{opened.path} holds {_listed(unknown, classes.form)}, which `classes` does not name. Stated are "
        f"{', '.join(map(str, stated[:_SHOWN]))}{' …' if len(stated) > _SHOWN else ''}."
    )
    if classes.form == "values" and present[0] > 0 and (present[-1], present[0]) == (max(stated) + 1, min(stated) + 1):
        moved = {key + 1: meaning for key, meaning in classes.to_config().items()}
        return FileProblem("class_unknown", f"{text} Its classes seem to be counted from 1: state them so, {moved}.")
    return FileProblem(
        "class_unknown", f"{text} State what it is; null as a name leaves pixels out of training and scores."
    )


def _listed(values: Sequence[int] | np.ndarray, form: str) -> str:
    shown = [f"#{value:06x}" if form == "colours" else str(value) for value in values[:_SHOWN]]
    what = {"values": "the value", "colours": "the colour"}[form] + ("s" if len(values) > 1 else "")
    return f"{what} {', '.join(shown)}" + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
