"""The check in front of every model that is a program: SavedModel folders and `.tflite` files."""

import hashlib
from functools import lru_cache
from pathlib import Path

from keras_rau import pretrained
from keras_rau.errors import ModelFileError
from keras_rau.export.programs.form import check_form

_HINT = "If you trust where it comes from, say --trust (in Python: trust=True)"
_LARGEST = 2 << 30  # bytes that the offsets in a .tflite file can reach
# Exports of 8 bits take and give integers.
TYPES = ("float32", "uint8", "int8")


def check_readable(path: Path) -> None:
    """Refuse what would never end to be read: pipes, devices, and files larger than their format can be.

    Raises:
        ModelFileError: it is such a thing.
    """
    if not (path.is_file() or path.is_dir()):
        raise ModelFileError(f"{path} is a pipe or device, no model; it was not read.")
    if path.suffix == ".tflite" and path.stat().st_size > _LARGEST:
        raise ModelFileError(
            f"{path} has {path.stat().st_size:,} bytes, more than a .tflite file can have; it was not read."
        )


def check_program(path: Path | str, trust: bool = False) -> None:
    """Refuse a SavedModel or `.tflite` file that does more than exports of this package do, before it is loaded.

    A SavedModel is refused by its operators; a `.tflite` file also when it is inconsistent, or when a process that runs it
    once dies. Files that come with this package, which are known by their SHA-256, are not run twice. A verdict holds as
    long as the files do not change.

    Args:
        path: folder or file.
        trust: open it as it is. It can then do whatever the user who opens it can.

    Raises:
        ModelFileError: the model is refused.
    """
    path = Path(path)
    check_readable(path)
    if trust:
        return
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    stamps = tuple((str(each), each.stat().st_mtime_ns, each.stat().st_size, each.stat().st_ino) for each in files)
    _verdict(path.resolve(), path, stamps)


@lru_cache(maxsize=64)
def _verdict(_resolved: Path, path: Path, _stamps: tuple) -> None:
    if path.is_dir():
        from keras_rau.export.programs.saved_model import check_saved_model as check

        check(path)
        return
    if _sha256(path) in _shipped():
        return
    from keras_rau.export.programs.tflite_file import Untrusted, check_tflite
    from keras_rau.export.programs.trial import try_tflite

    try:
        form, size = check_tflite(path)
    except Untrusted as error:
        raise ModelFileError(f"{error} {_HINT}.") from error
    check_form(form, path, types=TYPES)
    try_tflite(path, size)


@lru_cache(maxsize=1)
def _shipped() -> frozenset[str]:
    return frozenset(_sha256(pretrained.tflite_file(name)) for name in pretrained.names())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
