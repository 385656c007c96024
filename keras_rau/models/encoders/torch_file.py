"""Reading one kind of PyTorch file, a state dict in the pickle format before 1.6, without PyTorch."""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from keras_rau.errors import RauError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor:
    """Where a tensor lies in its storage; the numbers come after the pickles."""

    def __init__(self, storage: tuple[str, np.dtype], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def _rebuild(storage: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Reader(pickle.Unpickler):
    """A pickle can call any function it names: this one reaches only what a state dict needs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype]:
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"the storage {pid!r} is not allowed")
        return key, dtype


def read_state_dict(path: Path | str) -> dict[str, np.ndarray]:
    """Arrays of a state dict saved by PyTorch before 1.6, by name.

    Only tensors of float32 and int64 are read, and nothing in the file is run.

    Raises:
        RauError: the file is of another kind, is cut off, or asks for something else.

    Example:
        >>> read_state_dict("efficientnet-lite0-57934424.pth")["_bn0.weight"].shape
        (32,)
    """
    try:
        with Path(path).open("rb") as file:
            if (_Reader(file).load(), _Reader(file).load()) != (_MAGIC, _PROTOCOL):
                raise pickle.UnpicklingError("not the format of PyTorch before 1.6")
            _Reader(file).load()
            tensors = _Reader(file).load()
            keys = _Reader(file).load()
            dtypes = {tensor.storage[0]: tensor.storage[1] for tensor in tensors.values()}
            storages = {key: _read_storage(file, dtypes[key]) for key in keys}
        return {name: _view(tensor, storages[tensor.storage[0]]) for name, tensor in tensors.items()}
    except (OSError, EOFError, pickle.UnpicklingError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RauError(f"Cannot read {path} as a PyTorch state dict: {error}") from error


def _read_storage(file: BinaryIO, dtype: np.dtype) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise EOFError("the file is cut off")
    return np.frombuffer(data, dtype)


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min((tensor.offset, *tensor.strides), default=0) < 0 or last >= storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
