"""Drawn images as a data set: for demos, tests and documentation, without a download."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from keras_rau.datasets.classes.description import ClassMasks
from keras_rau.datasets.classes.parsing import parse_classes
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.own_folder import folder
from keras_rau.datasets.sources.phantom_drawing import CLASSES, draw_phantom
from keras_rau.errors import DataError
from keras_rau.strangers import read_json, shown

_RECORD = "phantom.json"
# Raised whenever the drawing changes, so that an old set is not taken for a new one.
_DRAWING = 1


def phantom(
    root: Path | str, n: int | None = None, seed: int | None = None, size: int | None = None, classes: Any = None
) -> Listing:
    """Samples of a set of phantoms, drawn into `root/images` and `root/masks` if it is not there yet.

    Args:
        root: folder of the set.
        n: how many; 200 for a new set, those that are there for an old one.
        seed: seed of the drawing; 0 for a new set.
        size: side in pixels; 256 for a new set.
        classes: 1 for masks of one lesion class; 3 for label images of background, lesion and globules, 4 with a veil, whose
            meaning lies beside them in `classes.yaml`; or another meaning of the values, see `datasets.parse_classes`, such
            as `{0: [], 1: ["lesion"], 2: ["lesion", "globules"]}`. 1 for a new set, that of the set for an old one.

    Raises:
        DataError: `root` holds something else, or a set drawn with another `n`, `seed` or `size`.
        ValueError: `n`, `seed` or `size` is no whole number, too small or too large.
    """
    root = Path(root)
    given = {"n": n, "seed": seed, "size": size}
    for name, (least, most) in _RANGES.items():
        value = given[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most):
            raise ValueError(f"`{name}` must be a whole number of {least} to {most}. Received: {name}={shown(value)}")
    drawn, described = _classes(classes)
    given = {**given, **({"classes": drawn} if drawn is not None else {})}
    record = root / _RECORD
    if record.exists():
        # Sets of one lesion class do not say so.
        found = {"classes": 1, **_read(record)} if drawn is not None else _read(record)
        differing = [name for name, value in given.items() if value is not None and found.get(name) != value]
        if differing or found.get("drawing") != _DRAWING:
            was = ", ".join(f"{name}={value}" for name, value in found.items())
            raise DataError(
                f"{root} holds phantoms drawn with {was}. Ask for these, or name a new folder. Received: {given}"
            )
    else:
        if root.exists() and any(root.iterdir()):
            raise DataError(f"{root} is not empty and holds no phantoms. Name a new folder.")
        made = {name: default if given[name] is None else given[name] for name, default in _DEFAULTS.items()}
        found = {**made, "drawing": _DRAWING, **({"classes": drawn} if drawn not in (None, 1) else {})}
        _draw(root, **made, classes=found.get("classes", 1))
        record.write_text(json.dumps(found) + "\n")
    if described is None and found.get("classes", 1) > 1:
        described = parse_classes(dict(enumerate(CLASSES[: found["classes"]])))
    listing = folder(root, classes=described)
    listing.samples = [replace(sample, source="phantom") for sample in listing.samples]
    return listing


def _classes(classes: Any) -> tuple[int | None, ClassMasks | None]:
    """Return how many classes are drawn, and what their values mean if that is stated."""
    if classes is None or (isinstance(classes, int) and not isinstance(classes, bool)):
        if classes not in (None, 1, *range(3, len(CLASSES) + 1)):
            raise ValueError(f"Phantoms are drawn with 1, 3 or {len(CLASSES)} `classes`. Received: classes={classes}")
        return classes, None
    described = parse_classes(classes)
    highest = max((key for key, _ in described.keys), default=0) if described.form == "values" else 0
    if highest not in range(2, len(CLASSES)):
        raise ValueError(
            f"`classes` of phantoms is a number, or says what the values 0 to 2 or 0 to {len(CLASSES) - 1} mean. "
            f"Received: classes={classes}"
        )
    return highest + 1, described


_RANGES = {"n": (1, 1_000_000), "seed": (0, 2**32 - 1), "size": (32, 10_000)}
_DEFAULTS = {"n": 200, "seed": 0, "size": 256}


def _read(record: Path) -> dict[str, Any]:
    try:
        found = read_json(record)
        if found.get("classes", 1) not in (1, *range(3, len(CLASSES) + 1)):
            raise DataError(f"{record} holds no number of classes that phantoms have: {shown(found['classes'])}.")
    except DataError as error:
        raise DataError(f"{error} Remove the folder to have it drawn afresh.") from error
    return found


def _draw(root: Path, n: int, seed: int, size: int, classes: int) -> None:
    try:
        for name in ("images", "masks"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if classes > 1:
            lines = [f"{number}: {name}\n" for number, name in enumerate(CLASSES[:classes])]
            (root / "classes.yaml").write_text("".join(lines), encoding="utf-8")
        for index in range(n):
            image, mask = draw_phantom(seed, index, size, classes)
            Image.fromarray(image).save(root / "images" / f"phantom_{index:05d}.jpg", quality=95)
            Image.fromarray(mask * 255 if classes == 1 else mask).save(root / "masks" / f"phantom_{index:05d}_mask.png")
    except OSError as error:
        raise DataError(f"Cannot draw phantoms into {root}: {error.strerror}.") from error
