"""The types of what a sidecar says, which may come from strangers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_rau.errors import ModelFileError, UsageError
from keras_rau.outline_styles import check_style_names
from keras_rau.outputs import check_threshold
from keras_rau.strangers import shown

_SIDE = 1 << 15
_CLASSES = 256


def check_content(found: dict[str, Any], where: Path | str) -> dict[str, Any]:
    """Return what a sidecar says if every known entry is of its type and range; unknown entries are left alone.

    Args:
        found: the content.
        where: the file, for messages.

    Raises:
        ModelFileError: an entry is not.
    """
    for name, (is_right, wanted) in _ENTRIES.items():
        value = found.get(name)
        if value is not None and not is_right(value):
            raise ModelFileError(f"{where}: {name!r} must be {wanted}. Received: {shown(value)}. Correct it there.")
    if found.get("threshold") is not None:
        try:
            check_threshold(found["threshold"])
        except UsageError as error:
            raise ModelFileError(f"{where}: {error}. Correct it there.") from error
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_side(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _SIDE


def _is_size(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_side, value))


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


def _are_words(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_is_word, value))


def _are_lists(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_are_words, value.values()))


def _is_classes(value: Any) -> bool:
    if not isinstance(value, dict) or not all(
        isinstance(value.get(key, False), bool) for key in ("overlapping", "logits")
    ):
        return False
    names = value.get("names")
    return _are_words(names) and 1 <= len(names) <= _CLASSES and len(set(names)) == len(names) and all(names)


def _is_style(value: Any) -> bool:
    return isinstance(value, dict) and _is_word(value.get("name")) and isinstance(value.get("weights"), dict)


def _are_styles(value: Any) -> bool:
    try:
        return _are_words(value) and 1 <= len(check_style_names(value)) < _CLASSES
    except ValueError:
        return False


def _is_sum(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


_ENTRIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "image_size": (_is_size, f"a height and a width from 1 to {_SIDE}"),
    "resize": (lambda value: value in ("letterbox", "squash"), "'letterbox' or 'squash'"),
    "threshold": (_is_number, "a number"),
    "classes": (_is_classes, "the names of the classes, {'names': [...], 'overlapping': ..., 'logits': ...}"),
    "labels": (_are_words, "a list of words"),
    "dataset": (_is_word, "a word"),
    "ids": (lambda value: value in ("name", "path"), "'name' or 'path'"),
    "name": (_is_word, "a word"),
    "split": (_are_lists, "lists of the names of images"),
    "also_train": (_are_lists, "lists of the names of images"),
    "calibration": (_are_words, "a list of the names of images"),
    "outline_styles": (_are_styles, "distinct names of outline styles"),
    "style": (
        _is_style,
        "the outline style that the file was exported for, {'name': ..., 'weights': ..., 'offset': ...}",
    ),
    "style_key": (_is_word, "a word"),
    "sha256": (_is_sum, "64 digits from 0 to f"),
}
