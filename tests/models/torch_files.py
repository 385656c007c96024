"""A writer of PyTorch's files, of both formats, without PyTorch."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "bool": "BoolStorage",
}


class Global:
    """A function or class of a module that need not exist here."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Storage:
    """Numbers that are written outside the pickle."""

    def __init__(self, key: str, values: np.ndarray) -> None:
        self.key, self.values = key, values


class Call:
    """A call that the pickle asks for."""

    def __init__(self, function: Global, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments


def tensor(key: str, values: np.ndarray, shape: Any = None, strides: Any = None, offset: int = 0) -> Call:
    """A tensor with a storage of its own."""
    values = np.array(values, order="C")
    shape = values.shape if shape is None else shape
    strides = tuple(step // values.itemsize for step in values.strides) if strides is None else strides
    storage = Storage(key, values)
    return Call(Global("torch._utils", "_rebuild_tensor_v2"), storage, offset, shape, strides, False, OrderedDict())


class _Writer(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012

    def __init__(self, file: Any) -> None:
        super().__init__(file, 2)
        self.storages: dict[str, Storage] = {}

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, Storage):
            return None
        self.storages[value.key] = value
        return ("storage", Global("torch", _STORAGES[str(value.values.dtype)]), value.key, "cpu", value.values.size)

    def _global(self, value: Global) -> None:
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())

    def _call(self, value: Call) -> None:
        self.save(value.function)
        self.save(value.arguments)
        self.write(pickle.REDUCE)

    dispatch[Global], dispatch[Call] = _global, _call


def write(path: Path, content: Any, *, zipped: bool = True, compression: int = zipfile.ZIP_STORED) -> None:
    """Write what holds `tensor`s as PyTorch's `save` does."""
    stream = io.BytesIO()
    writer = _Writer(stream)
    writer.dump(content)
    raw = {key: np.atleast_1d(one.values) for key, one in writer.storages.items()}
    if zipped:
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("archive/data.pkl", stream.getvalue())
            archive.writestr("archive/byteorder", "little")
            for key, values in raw.items():
                archive.writestr(f"archive/data/{key}", values.tobytes())
        return
    with path.open("wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {}):
            pickle.dump(value, file, 2)
        file.write(stream.getvalue())
        pickle.dump(list(raw), file, 2)
        for values in raw.values():
            file.write(values.size.to_bytes(8, "little") + values.tobytes())


def write_state(path: Path, state: Mapping[str, np.ndarray], *, zipped: bool = True, prefix: str = "") -> None:
    """Write a state dict of arrays."""
    tensors = OrderedDict((prefix + name, tensor(str(key), value)) for key, (name, value) in enumerate(state.items()))
    write(path, tensors, zipped=zipped)
