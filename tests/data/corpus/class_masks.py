"""Masks of several classes that do not fit what is said of them."""

from pathlib import Path

import numpy as np

from tests.data.corpus.cases import case
from tests.data.corpus.drawing import own, picture, write

_NUMBERS = {0: "background", 1: "nevus", 2: "melanoma"}


def _classes(root: Path) -> None:
    """The lesions of `a` and `b` are of class 1, that of `c` is of class 2."""
    own(root)
    for number, (name, value) in enumerate({"a": 1, "b": 1, "c": 2}.items()):
        write(root / "masks" / f"{name}_mask.png", picture(number)[1] * np.uint8(value))


@case(
    "folder",
    "a mask of a class that is not stated",
    ("class_unknown", "b_mask.png holds the value 7, which `classes` does not name"),
    classes=_NUMBERS,
)
def class_that_is_not_stated(root: Path) -> None:
    _classes(root)
    mask = picture(1)[1] * np.uint8(2)
    mask[30:36, 40:50] = 7
    write(root / "masks" / "b_mask.png", mask)


@case(
    "folder",
    "a class that no mask shows",
    ("class_absent", "scar"),
    classes={**_NUMBERS, 3: "scar"},
)
def class_that_never_occurs(root: Path) -> None:
    _classes(root)


@case(
    "folder",
    "files of classes that exclude each other, but share pixels",
    ("classes_overlap", "share .* pixels"),
    classes={
        "files": {"nevus": "masks/{id}_nevus.png", "melanoma": "masks/{id}_melanoma.png"},
        "overlapping": False,
    },
)
def classes_that_overlap(root: Path) -> None:
    for number, name in enumerate("abc"):
        image, mask = picture(number)
        write(root / "images" / f"{name}.jpg", image)
        write(root / "masks" / f"{name}_nevus.png", mask * np.uint8(255))
        write(root / "masks" / f"{name}_melanoma.png", (mask if name == "b" else 0 * mask) * np.uint8(255))
    # Elsewhere the two exclude each other.
    half = picture(2)[1]
    half[:, :48] = 0
    write(root / "masks" / "c_melanoma.png", half * np.uint8(255))
    rest = picture(2)[1]
    rest[:, 48:] = 0
    write(root / "masks" / "c_nevus.png", rest * np.uint8(255))
