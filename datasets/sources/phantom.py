"""Drawn images as a data set: for demos, tests and documentation, without a download."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.own_folder import folder
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import DataError
from keras_rau.strangers import read_json

_RECORD = "phantom.json"
# Raised whenever the drawing changes, so that an old set is not taken for a new one.
_DRAWING = 1


def phantom(root: Path | str, n: int | None = None, seed: int | None = None, size: int | None = None) -> Listing:
    """Samples of a set of phantoms, drawn into `root/images` and `root/masks` if it is not there yet.

    Args:
        root: folder of the set.
        n: how many; 200 for a new set, those that are there for an old one.
        seed: seed of the drawing; 0 for a new set.
        size: side in pixels; 256 for a new set.

    Raises:
        DataError: `root` holds something else, or a set drawn with another `n`, `seed` or `size`.
        ValueError: `n`, `seed` or `size` is no whole number or too small.
    """
    root = Path(root)
    given = {"n": n, "seed": seed, "size": size}
    for name, least in (("n", 1), ("seed", 0), ("size", 32)):
        value = given[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValueError(f"`{name}` must be a whole number of at least {least}. Received: {name}={value!r}")
    record = root / _RECORD
    if record.exists():
        found = _read(record)
        differing = [name for name, value in given.items() if value is not None and found.get(name) != value]
        if differing or found.get("drawing") != _DRAWING:
            was = ", ".join(f"{name}={found.get(name)}" for name in (*given, "drawing"))
            raise DataError(
                f"{root} holds phantoms drawn with {was}. Ask for these, or name a new folder. Received: {given}"
            )
    else:
        if root.exists() and any(root.iterdir()):
            raise DataError(f"{root} is not empty and holds no phantoms. Name a new folder.")
        made = {name: default if given[name] is None else given[name] for name, default in _DEFAULTS.items()}
        _draw(root, **made)
        record.write_text(json.dumps({**made, "drawing": _DRAWING}) + "\n")
    listing = folder(root)
    listing.samples = [replace(sample, source="phantom") for sample in listing.samples]
    return listing


_DEFAULTS = {"n": 200, "seed": 0, "size": 256}


def _read(record: Path) -> dict[str, Any]:
    try:
        return read_json(record)
    except DataError as error:
        raise DataError(f"{error} Remove the folder to have it drawn afresh.") from error


def _draw(root: Path, n: int, seed: int, size: int) -> None:
    try:
        for name in ("images", "masks"):
            (root / name).mkdir(parents=True, exist_ok=True)
        for index in range(n):
            image, mask = draw_phantom(seed, index, size)
            Image.fromarray(image).save(root / "images" / f"phantom_{index:05d}.jpg", quality=95)
            Image.fromarray(mask * 255).save(root / "masks" / f"phantom_{index:05d}_mask.png")
    except OSError as error:
        raise DataError(f"Cannot draw phantoms into {root}: {error.strerror}.") from error
