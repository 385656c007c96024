"""Reading how users describe class masks."""

import re
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

from keras_rau.datasets.classes.description import IGNORED, ClassMasks
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.outputs import BACKGROUND

_EXAMPLES = (
    "Class masks are label images {0: background, 1: nevus, 2: melanoma}, colours "
    "{'#000000': background, '#ff0000': nevus}, or one file a class {globules: 'masks/{id}_globules.png', …}"
)
# Names become parts of file names and of columns.
_NAME = re.compile(r"\w([\w .+-]*[\w+-])?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FILES = ("files", "overlapping", "absent")


def parse_classes(classes: Any) -> ClassMasks:
    """Return the description of class masks that a user wrote.

    Args:
        classes: one of

            - a mapping of the values of label images to names, `{0: "background", 1: "nevus", 2: "melanoma"}`;
            - a mapping of colours to names, `{"#000000": "background", "#ff0000": "nevus"}`;
            - a mapping of names to patterns of files of 0 and 1, `{"globules": "masks/{id}_globules.png"}`, within the
              folder of the data set; or with more words `{"files": {…}, "overlapping": False, "absent": True}`;
            - a YAML or JSON file that holds one of these.

            The class named `background`, else that of the value 0 or black, is channel 0; the others follow in the order of
            their values, of colours and files as they are written. Several values may have one name.
            `None` as a name: pixels that count nothing. Lists of names, `{0: [], 1: ["lesion"], 2: ["lesion", "globules"]}`,
            make the classes overlap.

    Raises:
        UsageError: it is none of these.
        DataError: the file cannot be read.

    Example:
        >>> parse_classes({0: "background", 1: "nevus", 2: "melanoma"}).outputs.kind
        'exclusive'
    """
    if isinstance(classes, ClassMasks):
        return classes
    if isinstance(classes, (str, Path)):
        classes = _read(Path(classes))
    if not isinstance(classes, Mapping) or not classes:
        raise UsageError(f"{_EXAMPLES}. Received: classes={classes!r}")
    if isinstance(classes.get("files"), Mapping):
        return _files(dict(classes))
    if all(isinstance(value, str) and "{id}" in value for value in classes.values()):
        return _files({"files": dict(classes)})
    values = {_value(key): meaning for key, meaning in classes.items()}
    if len(values) == len(classes) and all(isinstance(key, int) for key in values):
        # By their numbers, so that the order in which somebody writes them does not matter.
        return _labels("values", dict(sorted(values.items())), 0)
    if len(values) == len(classes) and all(isinstance(key, str) for key in values):
        return _labels("colours", values, "#000000")
    raise UsageError(f"{_EXAMPLES}; one form at a time, each value once. Received: classes={dict(classes)!r}")


def _read(path: Path) -> Any:
    from keras_rau.yaml_text import read_yaml

    try:
        return read_yaml(path)
    except RauError as error:
        raise DataError(f"The description of classes cannot be read: {error} {_EXAMPLES}.") from error


def _value(key: Any) -> int | str | None:
    """A value of pixels, or a colour in lower case; `None` for anything else."""
    if isinstance(key, Integral) and not isinstance(key, bool) and 0 <= key <= 65535:
        return int(key)
    # JSON has text keys alone.
    if isinstance(key, str) and key.isascii() and key.isdigit() and int(key) <= 65535:
        return int(key)
    return key.lower() if isinstance(key, str) and _COLOUR.fullmatch(key) else None


def _labels(form: str, meanings: dict[Any, Any], black: int | str) -> ClassMasks:
    overlapping = any(isinstance(meaning, (list, tuple)) for meaning in meanings.values())
    lists = {
        key: [] if meaning is None else list(meaning) if isinstance(meaning, (list, tuple)) else [meaning]
        for key, meaning in meanings.items()
    }
    names = _checked(list(dict.fromkeys(name for each in lists.values() for name in each)))
    if overlapping:
        if None in meanings.values():
            raise UsageError(f"Overlapping classes have no pixels that count nothing. Received: classes={meanings}")
        _refuse_background(names)
    else:
        usual = meanings.get(black)
        background = next((name for name in names if name.lower() == BACKGROUND), usual)
        if background is None or len(names) < 2:
            raise UsageError(
                f"Exclusive classes are the background and at least one more: give one of the values the name {BACKGROUND!r}, "
                f"or state what {black} is. Received: classes={meanings}"
            )
        names = (background, *(name for name in names if name != background))
    keys = tuple(
        (key, (IGNORED,) if meanings[key] is None else tuple(names.index(name) for name in each))
        for key, each in lists.items()
    )
    return ClassMasks(form, names, overlapping, keys)


def _files(words: dict[str, Any]) -> ClassMasks:
    files, overlapping, absent = words["files"], words.get("overlapping", True), words.get("absent", False)
    unknown = [word for word in words if word not in _FILES]
    if unknown or not all(isinstance(value, str) and "{id}" in value for value in files.values()):
        raise UsageError(
            "One file a class is written {files: {NAME: 'folder/{id}_NAME.png', …}, overlapping: true, absent: false}. "
            f"Received: classes={words}"
        )
    if not isinstance(overlapping, bool) or not isinstance(absent, bool):
        raise UsageError(f"`overlapping` and `absent` must be true or false. Received: classes={words}")
    if len(set(files.values())) < len(files):
        raise UsageError(f"Two classes have the same files. Received: classes={words}")
    names = _checked(list(files))
    _refuse_background(names)
    first = 0
    if not overlapping:
        names, first = (BACKGROUND, *names), 1
    keys = tuple((pattern, (channel,)) for channel, pattern in enumerate(files.values(), start=first))
    return ClassMasks("files", names, overlapping, keys, absent)


def _refuse_background(names: tuple[str, ...]) -> None:
    if any(name.lower() == BACKGROUND for name in names):
        raise UsageError(
            f"Overlapping classes and files of one class each have no class {BACKGROUND!r}: it is what belongs to none. Leave "
            f"it out; in a mapping of values an empty list stands for it. Received: {', '.join(names)}"
        )


def _checked(names: list[Any]) -> tuple[str, ...]:
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UsageError(
                "Names of classes are made of letters, digits, spaces and . _ + -, because files and columns are called by "
                f"them. Received: {name!r}"
            )
    if len({name.casefold() for name in names}) < len(names):
        raise UsageError(f"Two names of classes differ only in letter case. Received: {', '.join(names)}")
    if len(names) > 254:
        raise UsageError(f"There may be 254 classes at most. Received: {len(names)}")
    return tuple(names)
