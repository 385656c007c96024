"""The ZIP archive that a `.keras` file is: members, names and sizes, before anything is unpacked."""

import io
import struct
import zipfile
from pathlib import Path

from keras_rau.errors import ModelFileError

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# Ours: where a training stands.
_STATE = "keras_rau_state.npz"
_LARGEST = {CONFIG: 64 << 20, "metadata.json": 1 << 20, WEIGHTS: None, _STATE: None}
_LENGTHS = 26  # where a member's header tells the lengths of its variable parts
_EXPANSION, _ALWAYS = 20, 1 << 20  # a member may be this many times its stored size, or this many bytes


def check_archive(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse an archive with other members than a Keras model has, or with sizes that only a bomb has.

    Raises:
        ModelFileError: so it is.
    """
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise ModelFileError(f"{path} holds two members of the same name; Keras writes none so. It was not opened.")
    for info in archive.infolist():
        if info.filename not in _LARGEST:
            raise ModelFileError(
                f"{path} holds {info.filename[:80]!r}, which no segmentation model of Keras needs. It was not opened."
            )
        largest = _LARGEST[info.filename]
        if largest is not None and info.file_size > largest:
            raise ModelFileError(f"{info.filename} in {path} has {info.file_size:,} bytes; it was not opened.")
        if info.file_size > max(_ALWAYS, _EXPANSION * info.compress_size):
            raise ModelFileError(
                f"{info.filename} in {path} would grow from {info.compress_size:,} to {info.file_size:,} bytes: that is no "
                "file of weights but a bomb. It was not opened."
            )
        if info.flag_bits & 1:
            raise ModelFileError(f"{info.filename} in {path} is encrypted.")
    missing = [name for name in (CONFIG, WEIGHTS) if name not in names]
    if missing:
        raise ModelFileError(f"{path} is not a complete .keras file: {missing[0]} is missing.")


def read_config(archive: zipfile.ZipFile) -> bytes:
    """Return the text that says how to build the model."""
    return archive.read(CONFIG)


def open_weights(archive: zipfile.ZipFile, path: Path) -> io.IOBase:
    """Return the file of weights inside, open; nothing is copied where it is stored as it is."""
    info = archive.getinfo(WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        return io.BytesIO(archive.read(info))
    with path.open("rb") as file:
        # The header before the bytes has a length of its own, which the directory at the end does not tell.
        file.seek(info.header_offset + _LENGTHS)
        name, extra = struct.unpack("<HH", file.read(4))
    return _Part(path, info.header_offset + _LENGTHS + 4 + name + extra, info.file_size)


class _Part(io.RawIOBase):
    """A stretch of a file as a file."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file, self._start, self._length, self._place = path.open("rb"), start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: bytearray) -> int:
        count = max(0, min(len(buffer), self._length - self._place))
        self._file.seek(self._start + self._place)
        found = self._file.readinto(memoryview(buffer)[:count])
        self._place += found
        return found

    def close(self) -> None:
        self._file.close()
        super().close()
