"""The weights of operations that stay floats, in 16 bits."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_LEAST = 4096  # weights; of fewer a file gets hardly smaller, and small networks feel the rounding


def halve_weights(model: Any, least: int = _LEAST) -> None:
    """Keep large float32 constants as float16, each unpacked by a `DEQUANTIZE` that runs once, when a file is loaded.

    Args:
        model: `ModelT` of one subgraph, changed in place.
        least: how many values are large.
    """
    subgraph = model.subgraphs[0]
    large = {
        tensor: table.buffer
        for tensor, table in enumerate(subgraph.tensors)
        if table.type == schema.TensorType.FLOAT32 and _count(model, table) >= least
    }
    unpackers = [_unpacker(model, tensor) for tensor in large]
    for buffer in set(large.values()):  # which tensors may share
        model.buffers[buffer].data = None
    if large:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
        code.version = 3  # the first that takes float16
        model.operatorCodes.append(code)
    subgraph.operators = unpackers + subgraph.operators


def _count(model: Any, table: Any) -> int:
    data = model.buffers[table.buffer].data
    return 0 if data is None else len(data) // 4


def _unpacker(model: Any, tensor: int) -> Any:
    tensors = model.subgraphs[0].tensors
    table = tensors[tensor]
    values = np.frombuffer(bytes(model.buffers[table.buffer].data), np.float32)
    half = schema.TensorT()
    half.name, half.shape, half.type = f"half_{tensor}".encode(), table.shape, schema.TensorType.FLOAT16
    half.buffer = len(model.buffers)
    model.buffers.append(schema.BufferT())
    model.buffers[-1].data = np.frombuffer(values.astype(np.float16).tobytes(), np.uint8)
    tensors.append(half)
    table.buffer = 0  # the empty buffer, as of any tensor that is computed
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes)
    operator.inputs, operator.outputs = np.array([len(tensors) - 1], np.int32), np.array([tensor], np.int32)
    operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = schema.DequantizeOptionsT()
    return operator
