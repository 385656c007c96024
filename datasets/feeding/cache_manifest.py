"""What a cache on disk says about itself, and why it no longer fits."""

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keras_rau.datasets.feeding.loading import View
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_TABLE, read_json

FORMAT = 1
MANIFEST = "manifest.json"
_OURS = re.compile(r"([0-9a-f]{16})(-\d{5}\.tfrecord|\.manifest)")
_ABANDONED = 3600.0  # seconds without a change after which the files of an unfinished cache belong to a killed process


@dataclass(frozen=True)
class Manifest:
    """Content of `manifest.json`.

    Attributes:
        format: version of the layout.
        settings: how the model sees the pictures.
        sources: id, file name, bytes and time of change (nanoseconds) of image and bytes and time of mask, by record; of
            every file where each class has one.
        build: start of the names of the files.
        shards: name, number of records and bytes of each file.
        images: where the pixels of each record's image begin in its file.
        masks: the same of the mask.
    """

    format: int
    settings: dict[str, Any]
    sources: list[list[Any]]
    build: str = ""
    shards: list[list[Any]] | None = None
    images: list[int] | None = None
    masks: list[int] | None = None


def wanted(samples: Sequence[Sample], view: View) -> Manifest:
    """The manifest that a cache of these samples must have, without its files.

    Raises:
        DataError: a file is missing.
    """
    settings = {
        "image_size": list(view.size),
        "resize": view.resize,
        "preprocess": [step.as_config() for step in view.steps],
        "bit_depth": _bit_depth(samples),
        # Caches of one lesion class have no such setting.
        **({"classes": [view.classes.overlapping, view.classes.keys]} if view.classes is not None else {}),
    }
    sources = [
        [
            sample.id,
            sample.image.name,
            *_state(sample.image),
            *(each for path in sample.mask_files for each in _state(path)),
        ]
        for sample in samples
        if sample.mask
    ]
    # As they come back from the file: lists for tuples.
    return Manifest(FORMAT, json.loads(json.dumps(settings)), sources)


def _bit_depth(samples: Sequence[Sample]) -> Any:
    """Return the depth that all samples state, or what each states where they differ."""
    depths = [sample.bit_depth for sample in samples]
    return depths if len(set(depths)) > 1 else next(iter(depths), None)


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return found.st_size, found.st_mtime_ns


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a folder, or `None` when there is none.

    Raises:
        ValueError: it is damaged or of another version.
    """
    try:
        if not (folder / MANIFEST).exists():
            return None
        tree = read_json(folder / MANIFEST, largest=LARGEST_TABLE)
        content = tree["content"]
        found, whole = content["format"], tree["sha256"] == _digest(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{MANIFEST} is damaged") from error
    if not whole:
        raise ValueError(f"{MANIFEST} is damaged")
    if found != FORMAT:
        raise ValueError(f"it has format {found}, this version writes {FORMAT}")
    try:
        return Manifest(**content)
    except TypeError as error:
        raise ValueError(f"{MANIFEST} is damaged") from error


def current_build(folder: Path) -> str:
    """Build of the cache in a folder; empty when there is none."""
    with contextlib.suppress(ValueError):
        found = read_manifest(folder)
        return found.build if found else ""
    return ""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in its place in one step: before it there is no cache, after it there is a whole one."""
    content = asdict(manifest)
    temporary = folder / f"{manifest.build}.manifest"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({"sha256": _digest(content), "content": content}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, folder / MANIFEST)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def difference(found: Manifest, wanted: Manifest) -> str | None:
    """Why a cache does not fit, in a few words; `None` when it does."""
    for name in dict.fromkeys([*wanted.settings, *found.settings]):
        value = wanted.settings.get(name)
        if found.settings.get(name) != value:
            return f"{name} was {found.settings.get(name)} and is {value}"
    if found.sources == wanted.sources:
        return None
    if [row[:2] for row in found.sources] != [row[:2] for row in wanted.sources]:
        old, new = ({row[0] for row in manifest.sources} for manifest in (found, wanted))
        return f"it holds other samples ({len(new - old)} new, {len(old - new)} gone) or another order"
    changed = [(old, new) for old, new in zip(found.sources, wanted.sources, strict=True) if old != new]
    old, new = changed[0]
    what = "image" if old[2:4] != new[2:4] else "mask"
    return f"the {what} of {new[0]} was changed" + (f", and {len(changed) - 1} more" if changed[1:] else "")


def new_build() -> str:
    """A name that no other process has."""
    return secrets.token_hex(8)


def remove_replaced(folder: Path, build: str, replaced: str) -> None:
    """Delete the files of the cache that was replaced and of processes that were killed; no other file is touched."""
    groups: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        ours = _OURS.fullmatch(path.name)
        if ours and ours[1] != build:
            groups.setdefault(ours[1], []).append(path)
    for name, paths in groups.items():
        with contextlib.suppress(OSError):
            if name == replaced or time.time() - max(path.stat().st_mtime for path in paths) > _ABANDONED:
                for path in paths:
                    path.unlink()
