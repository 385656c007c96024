"""Reading one kind of PyTorch file, a state dict in the pickle format before 1.6, without PyTorch."""

import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from keras_rau.errors import ModelFileError
from keras_rau.trust.pickles import Unpickler

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor:
    """Where a tensor lies in its storage; the numbers come after the pickles."""

    def __init__(self, storage: tuple[str, np.dtype], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def _rebuild(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage) or not all(map(_is_size, (offset, *_tuple(shape), *_tuple(strides)))):
        raise pickle.UnpicklingError("a tensor is damaged")
    return _Tensor(storage, offset, shape, strides)


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
    """Arrays of a state dict saved by PyTorch before 1.6, by name.

    Only tensors of float32 and int64 are read, and nothing in the file is run.

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
        size = path.stat().st_size
        with path.open("rb") as file:
            parts = [_Reader(file, size).load() for _ in range(5)]
            if not all(isinstance(part, int) for part in parts[:2]) or parts[:2] != [_MAGIC, _PROTOCOL]:
                raise pickle.UnpicklingError("not the format of PyTorch before 1.6")
            tensors, keys = parts[3:]
            if not isinstance(tensors, dict) or not all(isinstance(each, _Tensor) for each in tensors.values()):
                raise pickle.UnpicklingError("it holds other things than tensors")
            if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                raise pickle.UnpicklingError("its list of storages is damaged")
            dtypes = {tensor.storage[0]: tensor.storage[1] for tensor in tensors.values()}
            storages = {key: _read_storage(file, dtypes[key], size) for key in keys}
        return {name: _view(tensor, storages[tensor.storage[0]]) for name, tensor in tensors.items()}
    except (OSError, EOFError, pickle.UnpicklingError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelFileError(f"Cannot read {path} as a PyTorch state dict: {str(error)[:200]}") from error


def _read_storage(file: BinaryIO, dtype: np.dtype, size: int) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    if count * dtype.itemsize > size - file.tell():
        raise EOFError("the file is cut off")
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    count = math.prod(tensor.shape)
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    # An empty tensor reaches nowhere; strides of 0 would make a large one out of a single number.
    if (count and last >= storage.size) or count > storage.size or tensor.offset > storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
