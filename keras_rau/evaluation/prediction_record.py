"""What a folder of masks says of itself: the model and settings that made it, and what is done."""

import hashlib
import json
import os
import platform
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keras_rau._version import __version__
from keras_rau.datasets.preprocessing import as_config
from keras_rau.errors import DataError, RauError
from keras_rau.evaluation.regions import Outcome, Region
from keras_rau.files import write_bytes
from keras_rau.strangers import LARGEST_TABLE, read_bytes, read_json, shown

# A folder inside the output folder.
RECORD = ".keras-rau"
_RUN, _DONE = "prediction.json", "done-*.jsonl"
_TOKEN = secrets.token_hex(4)


@dataclass(frozen=True)
class Entry:
    """A finished image.

    Attributes:
        image: its absolute path.
        size: its bytes.
        changed: when it was last changed, in nanoseconds.
        sha256: of its content.
        files: SHA-256 of every file written, by name.
        outcome: what was found.
    """

    image: str
    size: int
    changed: int
    sha256: str
    files: dict[str, str]
    outcome: Outcome

    def is_of(self, image: Path) -> bool:
        """Return whether an image is the one that this entry is about, wherever it lies now."""
        try:
            known = image.stat()
            same_file = os.path.realpath(image) == self.image
            if same_file and (known.st_size, known.st_mtime_ns) == (self.size, self.changed):
                return True
            return known.st_size == self.size and sha256_of(image) == self.sha256
        except OSError:
            return False


class Record:
    """The record in a folder of masks.

    Args:
        folder: the folder of masks.

    Example:
        >>> Record(Path("masks")).settings()["threshold"]
        0.5
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / RECORD

    def settings(self) -> dict[str, Any] | None:
        """Return what `begin` wrote; `None` when this is no folder of `predict`.

        Raises:
            RauError: it cannot be read.
        """
        path = self.folder / _RUN
        try:
            return read_json(path, RauError) if os.path.lexists(path) else None
        except RauError as error:
            raise RauError(f"{error} Name a new folder.") from error

    def begin(self, settings: dict[str, Any]) -> None:
        """Write the model and the settings of the folder.

        Raises:
            RauError: it cannot be written.
        """
        content = json.dumps({"keras_rau": __version__, **settings}, indent=1) + "\n"
        try:
            self.folder.mkdir(exist_ok=True)
            write_bytes(self.folder / _RUN, content.encode())
        except OSError as error:
            raise RauError(f"Cannot write to {self.folder.parent}: {error.strerror or error}.") from error

    def add(self, identity: dict[str, Any], files: dict[str, bytes], outcome: Outcome) -> None:
        """Note what is about to be written for an image; once it is there with this content, the image is finished.

        Args:
            identity: of the image, from `identity_of`.
            files: content of the files by name.
            outcome: what was found.

        Raises:
            OSError: it cannot be noted.
        """
        found = {
            **identity,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
            "given": str(outcome.image),
            "masks": outcome.masks,
            "regions": {name: asdict(region) for name, region in outcome.regions.items()},
        }
        self._append(found)

    def add_table(self, content: bytes) -> None:
        """Note the table that is about to be written.

        Raises:
            OSError: it cannot be noted.
        """
        self._append({"table": hashlib.sha256(content).hexdigest()})

    def _append(self, found: dict[str, Any]) -> None:
        # Each process has its file, so that hosts can share the folder; a line that a kill cut short ends with the next.
        name = f"done-{platform.node()}-{os.getpid()}-{_TOKEN}.jsonl"
        line = f"\n{json.dumps({'at': time.time(), **found})}\n".encode()
        with (self.folder / name).open("ab", buffering=0) as file:
            file.write(line)
            os.fsync(file.fileno())

    def entries(self) -> list[Entry]:
        """Return the finished images, each once, in the order in which they were finished; the files may be gone."""
        newest: dict[tuple[str, ...], Entry] = {}
        for line in self._lines():
            try:
                entry = _entry(line)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # a note about the table, or not ours
            newest.pop(tuple(sorted(set(entry.outcome.masks.values()))), None)
            newest[tuple(sorted(set(entry.outcome.masks.values())))] = entry
        return list(newest.values())

    def tables(self) -> set[str]:
        """Return the SHA-256 of every table that was written."""
        return {line["table"] for line in self._lines() if isinstance(line.get("table"), str)}

    def _lines(self) -> list[dict[str, Any]]:
        found = [line for path in self.folder.glob(_DONE) for line in _whole_lines(path)]
        return sorted(found, key=lambda line: line["at"])


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in read_bytes(path, LARGEST_TABLE, RauError).splitlines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue  # cut short by a kill, empty, or not ours
        if isinstance(found, dict) and isinstance(found.get("at"), (int, float)):
            yield found


def _entry(line: dict[str, Any]) -> Entry:
    regions = {name: Region(**region) for name, region in line["regions"].items()}
    masks, files = dict(line["masks"]), dict(line["files"])
    if not all(isinstance(word, str) for word in (line["image"], *masks, *masks.values(), *files, *files.values())):
        raise TypeError
    return Entry(
        line["image"],
        line["size"],
        line["changed"],
        line["sha256"],
        files,
        Outcome(Path(line["given"]), masks, regions),
    )


def identity_of(image: Path) -> dict[str, Any]:
    """Return what tells whether an image is still the same: place, size, time of the last change, SHA-256.

    Raises:
        DataError: it is not a regular file, such as a pipe, which would be waited for without end.
        OSError: it cannot be read.
    """
    known = image.stat()
    if not stat.S_ISREG(known.st_mode):
        raise DataError("it is not a regular file: remove it or leave it out")
    return {
        "image": os.path.realpath(image),
        "size": known.st_size,
        "changed": known.st_mtime_ns,
        "sha256": sha256_of(image),
    }


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of all files of a folder."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for each in sorted(path.rglob("*")):
        if each.is_file():
            digest.update(f"{each.relative_to(path).as_posix()}\0{sha256_of(each)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def settings_of(predictor: Any) -> dict[str, Any]:
    """Return what decides about the masks of a `Predictor`: its models, what they contain, and how they are used."""
    members = [
        {
            "path": str(member.path),
            "sha256": sha256_of(member.path),
            "image_size": list(member.size),
            "resize": member.resize,
            "preprocess": as_config(member.preprocess),
        }
        for member in predictor.members
    ]
    refinement = predictor.refinement
    settings = {
        "models": members,
        "classes": predictor.outputs.to_config(),
        "threshold": predictor.threshold,
        "augment": refinement.augment,
        "largest": refinement.largest,
        "fill_holes": refinement.fill_holes,
        "bit_depth": predictor.bit_depth,
        "style": [[*member.style.weights, member.style.offset] for member in predictor.members if member.style] or None,
    }
    # As they will be read.
    return json.loads(json.dumps(settings))


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return in which settings two runs differ, one line each; where a model lies does not count."""
    lines = []
    before, after = then.get("models"), now["models"]
    before = before if isinstance(before, list) else []
    if [_content(model) for model in before] != [_content(model) for model in after]:
        lines.append(f"model: {_names(before)} then, {_names(after)} now")
    for key, value in now.items():
        if key != "models" and then.get(key) != value:
            lines.append(f"{key}: {shown(then.get(key))} then, {shown(value)} now")
    return lines


def _content(model: Any) -> Any:
    return {key: value for key, value in model.items() if key != "path"} if isinstance(model, dict) else model


def _names(models: list[Any]) -> str:
    return ", ".join(
        f"{model.get('path')} (SHA-256 {str(model.get('sha256'))[:8]}, {model.get('image_size')})"
        if isinstance(model, dict)
        else "?"
        for model in models
    )
