"""Hostile `.tflite` files, made of one that comes with the package."""

import json
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from keras_rau import pretrained
from keras_rau.export.quantisation.graph import Graph
from tests.deploy.hostile.attack import Attack

_KINDS = {name: number for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


def _sound() -> Graph:
    return Graph(pretrained.tflite_file("rau_net_nano").read_bytes())


def _changed(change: Callable[[Graph], None], folder: Path) -> Attack:
    graph = _sound()
    change(graph)
    path = folder / "m.tflite"
    path.write_bytes(graph.content())
    return Attack(path)


def _first(graph: Graph, kind: str) -> Any:
    return next(one for one in graph.operators if one.kind == kind).table


def _code(graph: Graph, kind: str, custom: str | None = None) -> int:
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = _KINDS[kind], min(127, _KINDS[kind]), 1
    code.customCode = custom
    graph.model.operatorCodes.append(code)
    return len(graph.model.operatorCodes) - 1


def _input(graph: Graph, kind: str, index: int) -> None:
    _first(graph, kind).inputs[0] = index


def _operator(graph: Graph, kind: str, custom: str | None = None) -> None:
    graph.subgraph.operators[0].opcodeIndex = _code(graph, kind, custom)


def _resize(graph: Graph) -> None:
    table = _first(graph, "RESIZE_BILINEAR")
    sizes = graph.model.buffers[graph.subgraph.tensors[table.inputs[1]].buffer]
    sizes.data = np.frombuffer(np.array([30000, 30000], np.int32).tobytes(), np.uint8)


def _shape(graph: Graph) -> None:
    graph.subgraph.tensors[graph.operators[5].output].shape = np.array([1, 1 << 20, 1 << 20, 64], np.int32)


def _buffer(graph: Graph) -> None:
    graph.model.buffers[1].offset, graph.model.buffers[1].size = 1 << 40, 1 << 30


def _constant(graph: Graph) -> None:
    # Weights are stored as float16.
    tensor = graph.subgraph.tensors[_first(graph, "DEQUANTIZE").inputs[0]]
    tensor.shape = np.array([10, *tensor.shape], np.int32)


def _stride(graph: Graph) -> None:
    _first(graph, "MAX_POOL_2D").builtinOptions.strideH = 0
    _first(graph, "MAX_POOL_2D").builtinOptions.filterHeight = -5


def _twice(graph: Graph) -> None:
    graph.subgraph.operators[1].outputs[0] = graph.subgraph.operators[0].outputs[0]


def _signature(graph: Graph) -> None:
    graph.model.signatureDefs[0].inputs[0].tensorIndex = 1 << 30


def _names(graph: Graph) -> None:
    graph.model.signatureDefs[0].outputs[0].name = b"probability"


def _graphs(graph: Graph) -> None:
    graph.model.subgraphs.append(graph.subgraph)


def _cut(folder: Path) -> Attack:
    path = folder / "m.tflite"
    path.write_bytes(pretrained.tflite_file("rau_net_nano").read_bytes()[:100_000])
    return Attack(path)


def _nothing(content: bytes, folder: Path) -> Attack:
    path = folder / "m.tflite"
    path.write_bytes(content)
    return Attack(path)


CHANGES = {
    "an input left out": partial(_input, kind="ADD", index=-1),
    "weights left out": lambda graph: _first(graph, "CONV_2D").inputs.__setitem__(1, -1),
    "an input of another place": partial(_input, kind="CONV_2D", index=1 << 30),
    "an input that nobody made": lambda graph: _input(graph, "CONV_2D", graph.outputs[0]),
    "a negative input": partial(_input, kind="CONV_2D", index=-(1 << 30)),
    "an output of another place": lambda graph: _first(graph, "ADD").outputs.__setitem__(0, 1 << 30),
    "an output written twice": _twice,
    "no outputs": lambda graph: setattr(_first(graph, "ADD"), "outputs", np.zeros(0, np.int32)),
    "an operator that does not exist": lambda graph: setattr(_first(graph, "ADD"), "opcodeIndex", 900),
    "an operator of TensorFlow": partial(_operator, kind="CUSTOM", custom="FlexWriteFile"),
    "an operator that calls graphs": partial(_operator, kind="WHILE"),
    "a variable": partial(_operator, kind="VAR_HANDLE"),
    "a map of gigabytes that is not stated": _resize,
    "a map of terabytes": _shape,
    "values outside the file": _buffer,
    "a constant that is too short": _constant,
    "no stride": _stride,
    "a signature of another place": _signature,
    "other names": _names,
    "two graphs": _graphs,
}


def beside(content: Any, folder: Path, kind: str = "m.tflite") -> Attack:
    """A sound model with a sidecar."""
    path = folder / kind
    path.write_bytes(pretrained.tflite_file("rau_net_nano").read_bytes())
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    path.with_name(f"{path.name}.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Attack(path)


def _embedded(folder: Path) -> Attack:
    path = folder / "m.tflite"
    path.write_bytes(pretrained.tflite_file("rau_net_nano").read_bytes().partition(b"PK\x03\x04")[0])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("model.json", "w") as file:
        for _ in range(400):
            file.write(b" " * (1 << 20))
    return Attack(path)


def _pipe(folder: Path) -> Attack:
    os.mkfifo(folder / "m.tflite")
    return Attack(folder / "m.tflite")


def _endless(folder: Path) -> Attack:
    path = folder / "m.tflite"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    return Attack(path)


SIDECARS = {
    "threshold NaN": '{"threshold": NaN}',
    "threshold infinite": '{"threshold": Infinity}',
    "threshold of 2": {"threshold": 2},
    "threshold of 0": {"threshold": 0},
    "threshold as a word": {"threshold": "0.5"},
    "threshold of many digits": '{"threshold": 1' + "0" * 5000 + "}",
    "threshold a list": {"threshold": [0.5]},
    "size of gigapixels": {"image_size": [10**9, 10**9]},
    "size as words": {"image_size": ["a", "b"]},
    "size true": {"image_size": [True, True]},
    "resizing unknown": {"resize": "stretch"},
    "steps unknown": {"preprocess": [{"name": "system", "command": "touch"}]},
    "steps of numbers": {"preprocess": [1, 2, 3]},
    "steps with lists": {"preprocess": [{"name": ["hair"]}]},
    "classes a number": {"classes": 7},
    "classes without names": {"classes": {"names": []}},
    "lists of numbers": {"split": {"train": [1, 2]}},
    "no lists": {"split": "train"},
    "nested deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a list": "[1]",
    "a number": "1",
    "nothing": "",
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "cut off": '{"threshold": 0.5',
    "wrong hash": {"sha256": "0" * 64},
    "hash of another type": {"sha256": 12},
    "seventy megabytes": b'{"name": "' + b"a" * (70 << 20) + b'"}',
}

CASES = {
    **{f"tflite: {name}": partial(_changed, change) for name, change in CHANGES.items()},
    "tflite: cut off": _cut,
    "tflite: empty": partial(_nothing, b""),
    "tflite: zeros": partial(_nothing, b"\0\0\0\0TFL3" + b"\0" * 1000),
    "tflite: offsets backwards": partial(_nothing, b"\x08\0\0\0TFL3" + b"\xff" * 1000),
    "tflite: a pipe": _pipe,
    "tflite: a terabyte": _endless,
    "tflite: bomb of what it says": _embedded,
    **{f"sidecar: {name}": partial(beside, content) for name, content in SIDECARS.items()},
}
