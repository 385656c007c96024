"""A TFLite file as a graph whose constants and ranges can be changed."""

from collections import Counter
from copy import copy
from functools import cached_property
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_ACTIVATIONS = {number: name for name, number in vars(schema.ActivationFunctionType).items() if isinstance(number, int)}
_OPERATORS = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


class Operator:
    """One operation of a graph.

    Attributes:
        kind: name of the built-in operator, such as `"CONV_2D"`.
        options: the schema's options, `None` when it has none.
        activation: what is fused into it: `"NONE"`, `"RELU"`, `"RELU6"`, ...
    """

    def __init__(self, kind: str, table: Any) -> None:
        self.kind, self.table, self.options = kind, table, table.builtinOptions
        self.activation = _ACTIVATIONS[getattr(self.options, "fusedActivationFunction", 0)]

    @property
    def inputs(self) -> list[int]:
        """Indices of its input tensors; -1 for one left out."""
        return [int(tensor) for tensor in self.table.inputs]

    @property
    def outputs(self) -> list[int]:
        """Indices of its output tensors."""
        return [int(tensor) for tensor in self.table.outputs]

    @property
    def output(self) -> int:
        """Index of its first output tensor."""
        return int(self.table.outputs[0])


class Graph:
    """The only subgraph of a TFLite file of float32.

    Args:
        content: the file.
    """

    def __init__(self, content: bytes) -> None:
        self.model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
        self.subgraph = self.model.subgraphs[0]
        self.operators = [Operator(self._kind(table), table) for table in self.subgraph.operators]

    def _kind(self, table: Any) -> str:
        code = self.model.operatorCodes[table.opcodeIndex]
        return _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]

    @cached_property
    def _uses(self) -> Counter:
        return Counter(tensor for operator in self.operators for tensor in operator.inputs)

    @property
    def inputs(self) -> list[int]:
        """Indices of the tensors that the graph takes."""
        return [int(tensor) for tensor in self.subgraph.inputs]

    @property
    def outputs(self) -> list[int]:
        """Indices of the tensors that the graph gives."""
        return [int(tensor) for tensor in self.subgraph.outputs]

    def name(self, tensor: int) -> str:
        """Name of a tensor."""
        return self.subgraph.tensors[tensor].name.decode()

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Shape of a tensor."""
        return tuple(int(side) for side in np.atleast_1d(self.subgraph.tensors[tensor].shape))

    def channels(self, tensor: int) -> int:
        """Length of the last axis of a tensor."""
        shape = self.shape(tensor)
        return shape[-1] if shape else 1

    def is_constant(self, tensor: int) -> bool:
        """Whether the values of a tensor are in the file."""
        data = self.model.buffers[self.subgraph.tensors[tensor].buffer].data
        return data is not None and len(data) > 0

    def constant(self, tensor: int) -> np.ndarray:
        """Values of a constant, a copy."""
        kind = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.INT32: np.int32}
        table = self.subgraph.tensors[tensor]
        data = bytes(self.model.buffers[table.buffer].data)
        return np.frombuffer(data, kind[table.type]).reshape(self.shape(tensor)).copy()

    def replace_constant(self, operator: Operator, position: int, values: np.ndarray) -> None:
        """Give an operator other values for one of its float constants; others that share it keep theirs."""
        tensor = operator.inputs[position]
        if self._uses[tensor] > 1:
            self._uses[tensor] -= 1
            twin = copy(self.subgraph.tensors[tensor])
            self.subgraph.tensors.append(twin)
            tensor = len(self.subgraph.tensors) - 1
            twin.name = twin.name + f";{tensor}".encode()
            self._uses[tensor] = 1
            operator.table.inputs[position] = tensor
        # Tensors may share a buffer, too.
        self.model.buffers.append(schema.BufferT())
        self.subgraph.tensors[tensor].buffer = len(self.model.buffers) - 1
        self.model.buffers[-1].data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)

    def set_range(self, tensor: int, lowest: float, highest: float) -> None:
        """State the smallest and the largest value of a tensor, from which its scale is made."""
        table = self.subgraph.tensors[tensor]
        table.quantization = schema.QuantizationParametersT()
        table.quantization.min = np.array([lowest], np.float32)
        table.quantization.max = np.array([highest], np.float32)

    def content(self) -> bytes:
        """The file; equal vectors are written once."""
        return _pack(self.model)


class _SharingBuilder(flatbuffers.Builder):
    """Writes equal vectors once: half of what a quantised file holds beside its weights are zero points, all of them 0."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        key = (x.dtype.str, x.tobytes())
        if key not in self._written:
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


def _pack(model: Any) -> bytes:
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
