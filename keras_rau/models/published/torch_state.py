"""Reading state dicts of PyTorch, of both of its formats, without PyTorch and without running anything."""

import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from keras_rau.errors import ModelFileError
from keras_rau.strangers import one_line
from keras_rau.trust.pickles import Unpickler

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DTYPES = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}
# Keys under which training scripts put the state dict beside epochs and optimisers.
_INSIDE = ("state_dict", "model_state_dict", "model", "net")
_PREFIXES = ("module.", "model.", "net.", "_orig_mod.")
_ZIP = b"PK\x03\x04"


class _Tensor:
    """Where a tensor lies in its storage."""

    def __init__(self, storage: tuple[str, np.dtype], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def _rebuild(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage) or not all(map(_is_size, (offset, *_tuple(shape), *_tuple(strides)))):
        raise pickle.UnpicklingError("a tensor is damaged")
    return _Tensor(storage, offset, shape, strides)


def _rebuild_parameter(tensor: Any, *_: Any) -> Any:
    return tensor


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (None,)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 40


class _Storage(tuple):
    """Key and type of a storage."""


class _Reader(Unpickler):
    """A pickle can call any function it names: this one reaches only what a state dict needs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> _Storage:
        if not isinstance(pid, tuple) or len(pid) < 3:
            raise pickle.UnpicklingError("a storage is damaged")
        kind, dtype, key, *_ = pid
        if (
            not isinstance(kind, str)
            or kind != "storage"
            or not isinstance(dtype, np.dtype)
            or not isinstance(key, str)
        ):
            raise pickle.UnpicklingError("a storage of an unknown kind is not allowed")
        return _Storage((key, dtype))


def read_state_dict(path: Path | str) -> dict[str, np.ndarray]:
    """Return the arrays of a state dict that PyTorch saved, by name.

    Both formats are read, that before PyTorch 1.6 and the zip archive since; nothing in the file is run. The dictionary may
    lie inside another, under `state_dict`, `model_state_dict`, `model` or `net`. Numbers are at most as many as the file
    has bytes for.

    Args:
        path: the file.

    Returns:
        Arrays of the types that they have in the file.

    Raises:
        ModelFileError: the file is of another kind, is cut off, or asks for something else.

    Example:
        >>> read_state_dict("efficientnet-lite0-57934424.pth")["_bn0.weight"].shape
        (32,)
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise OSError("it does not exist or is no file")
        with path.open("rb") as file:
            is_zip = file.read(4) == _ZIP
            file.seek(0)
            tensors, read = _open_zip(file, path) if is_zip else _open_stream(file, path.stat().st_size)
            tensors = _state_of(tensors)
            storages = {storage: read(*storage) for storage in {tensor.storage for tensor in tensors.values()}}
        return {name: _view(tensor, storages[tensor.storage]) for name, tensor in tensors.items()}
    # Of damaged archives and numbers, zipfile, struct and NumPy raise nearly anything.
    except Exception as error:
        reason = one_line(str(error) or type(error).__name__, 200)
        raise ModelFileError(f"Cannot read {path} as a PyTorch state dict: {reason}") from error


def read_checkpoint(path: Path | str) -> dict[str, np.ndarray]:
    """Return a state dict as float32 arrays, without a prefix that all of its names share.

    Raises:
        ModelFileError: see `read_state_dict`; or a number is neither finite nor of a kind that weights have.

    Example:
        >>> read_checkpoint("best.pth")["final.weight"].dtype
        dtype('float32')
    """
    state = read_state_dict(path)
    for prefix in _PREFIXES:
        # `thop` counts operations outside the prefix, too.
        inside = [name for name in state if name not in ("total_ops", "total_params")]
        if inside and all(name.startswith(prefix) for name in inside):
            state = {name.removeprefix(prefix): state[name] for name in inside}
    with np.errstate(over="ignore"):
        state = {name: np.asarray(value, np.float32) for name, value in state.items()}
    broken = [name for name, value in state.items() if not np.isfinite(value).all()]
    if broken:
        raise ModelFileError(f"{path} holds numbers that are not finite: {one_line(', '.join(broken[:5]))}")
    return state


def _state_of(found: Any) -> Mapping[str, _Tensor]:
    """The dictionary of tensors, which may lie in another."""
    if isinstance(found, dict) and not _is_state(found):
        inner = [found[key] for key in _INSIDE if _is_state(found.get(key))]
        if len(inner) == 1:
            return inner[0]
    if not _is_state(found):
        raise pickle.UnpicklingError(f"it holds other things than tensors (and no {', '.join(_INSIDE)})")
    return found


def _is_state(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(key, str) and isinstance(value, _Tensor) for key, value in found.items())
    )


_ReadStorage = Callable[[str, np.dtype], np.ndarray]


def _open_stream(file: BinaryIO, size: int) -> tuple[Any, _ReadStorage]:
    """The format before PyTorch 1.6: pickles, then the storages one after another."""
    parts = [_Reader(file, size).load() for _ in range(5)]
    if not all(isinstance(part, int) for part in parts[:2]) or parts[:2] != [_MAGIC, _PROTOCOL]:
        raise pickle.UnpicklingError("not a format of PyTorch")
    tensors, keys = parts[3:]
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise pickle.UnpicklingError("its list of storages is damaged")
    held = {tensor.storage for tensor in _all_tensors(tensors)}
    dtypes = dict(held)
    if len(dtypes) < len(held):
        raise pickle.UnpicklingError("a storage has two types")
    places = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        places[key] = (file.tell(), count)
        if count * dtypes[key].itemsize > size - file.tell():
            raise EOFError("the file is cut off")
        file.seek(count * dtypes[key].itemsize, 1)

    def read(key: str, dtype: np.dtype) -> np.ndarray:
        start, count = places[key]
        file.seek(start)
        return np.frombuffer(file.read(count * dtype.itemsize), dtype)

    return tensors, read


def _all_tensors(found: Any) -> list[_Tensor]:
    """All tensors in nested dictionaries, lists and tuples (those of optimisers come before the storages, too)."""
    waiting, tensors, seen = [found], [], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, _Tensor):
            tensors.append(one)
        elif isinstance(one, (dict, list, tuple)) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.values() if isinstance(one, dict) else one
    return tensors


def _open_zip(file: BinaryIO, path: Path) -> tuple[Any, _ReadStorage]:
    """The format since PyTorch 1.6: an archive without compression, a pickle and one entry for each storage."""
    archive = zipfile.ZipFile(file)
    entries = {one.filename: one for one in archive.infolist()}
    size = path.stat().st_size
    if any(one.compress_type != zipfile.ZIP_STORED for one in entries.values()):
        raise ValueError("its entries are compressed, which PyTorch's are not")
    if sum(one.file_size for one in entries.values()) > size:
        raise ValueError("its entries are larger than the file")
    pickles = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise ValueError("it is a zip archive of something else")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in entries and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("it was saved on a machine of another byte order")
    with archive.open(pickles[0]) as stream:
        found = _Reader(stream, entries[pickles[0]].file_size).load()

    def read(key: str, dtype: np.dtype) -> np.ndarray:
        return np.frombuffer(archive.read(f"{folder}data/{key}"), dtype)

    return found, read


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    count = math.prod(tensor.shape)
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    # An empty tensor reaches nowhere; strides of 0 would make a large one out of a single number.
    if (count and last >= storage.size) or count > storage.size or tensor.offset > storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
