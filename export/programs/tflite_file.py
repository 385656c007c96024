"""A `.tflite` file read by the schema before the interpreter, which trusts it, sees it."""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from keras_rau.errors import ModelFileError
from keras_rau.export.programs.form import Form, Port
from keras_rau.export.programs.tflite_rules import MANY, RULES, Rule

_MOST = 50_000  # tensors, operators and buffers, each
_FEW = 1_000  # kinds of operators, entries of metadata
_LARGEST = 1 << 30  # bytes of a tensor
_ALL = 16 << 30  # bytes of all tensors together
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
_TYPES = {
    schema.TensorType.FLOAT32: np.dtype("float32"),
    schema.TensorType.FLOAT16: np.dtype("float16"),
    schema.TensorType.INT32: np.dtype("int32"),
    schema.TensorType.UINT8: np.dtype("uint8"),
    schema.TensorType.INT64: np.dtype("int64"),
    schema.TensorType.BOOL: np.dtype("bool"),
    schema.TensorType.INT16: np.dtype("int16"),
    schema.TensorType.INT8: np.dtype("int8"),
}
_SIGNATURE = "serving_default"


class Untrusted(ModelFileError):
    """The file may be sound, but is a program that does more than our exports do."""


def check_tflite(path: Path) -> tuple[Form, int]:
    """Look at a `.tflite` file: whether it is consistent, and uses operators of our exports alone.

    Returns:
        The form of its signature, and the bytes of all its tensors together.

    Raises:
        ModelFileError: it is damaged or inconsistent.
        Untrusted: it uses an operator that none of our exports does.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _Reader(content, path).read()
    except ModelFileError:
        raise
    # What is read beyond the end, or where no table is, makes the schema raise nearly anything.
    except Exception as error:
        raise ModelFileError(f"{path} is damaged or no TFLite file.") from error


class _Tensor:
    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, constant: bool, size: int) -> None:
        self.shape, self.dtype, self.constant, self.size = shape, dtype, constant, size


class _Reader:
    def __init__(self, content: mmap.mmap, path: Path) -> None:
        self.content, self.path = content, path
        if content[4:8] != b"TFL3":
            self._refuse("is not a TFLite file")
        self.model = schema.Model.GetRootAs(content, 0)

    def _refuse(self, what: str) -> None:
        raise ModelFileError(f"{self.path} {what}: it is damaged, or made to harm. It was not opened.")

    def _count(self, length: int, most: int, what: str) -> range:
        if length > most:
            self._refuse(f"has {length:,} {what}")
        return range(length)

    def read(self) -> tuple[Form, int]:
        if self.model.SubgraphsLength() != 1:
            raise Untrusted(f"{self.path} has {self.model.SubgraphsLength()} graphs; exports of this package have one.")
        kinds = [self._kind(self.model.OperatorCodes(i)) for i in self._codes()]
        self.buffers = [
            self._buffer(self.model.Buffers(i)) for i in self._count(self.model.BuffersLength(), _MOST, "buffers")
        ]
        graph = self.model.Subgraphs(0)
        self._string(graph, 12)
        tensors = [self._tensor(graph.Tensors(i)) for i in self._count(graph.TensorsLength(), _MOST, "tensors")]
        inputs, outputs = self._indices(graph, "Inputs", tensors), self._indices(graph, "Outputs", tensors)
        made = {index for index, tensor in enumerate(tensors) if tensor.constant} | set(inputs)
        for i in self._count(graph.OperatorsLength(), _MOST, "operators"):
            self._operator(graph.Operators(i), kinds, tensors, made)
        if not set(outputs) <= made:
            self._refuse("has an output that no operator makes")
        self._metadata()
        size = sum(tensor.size for tensor in tensors)
        if size > _ALL:
            self._refuse(f"asks for {size:,} bytes of tensors")
        return self._form(tensors, inputs, outputs), size

    def _codes(self) -> range:
        return self._count(self.model.OperatorCodesLength(), _FEW, "kinds of operators")

    def _kind(self, code: Any) -> str:
        # Old files store small codes in the deprecated field only.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = _NAMES.get(number, str(number))
        if name not in RULES:
            what = f"{name} {code.CustomCode()!r:.60}" if name == "CUSTOM" else name
            raise Untrusted(f"{self.path} uses the operator {what}, which no export of this package does.")
        return name

    def _buffer(self, buffer: Any) -> int:
        # Content behind the tables is read without a look at where the file ends.
        if buffer.Offset() > 1 or buffer.Size() > 1:
            self._refuse("keeps values outside its tables")
        return 0 if buffer.DataIsNone() else len(self._numbers(buffer.DataAsNumpy()))

    def _numbers(self, values: Any) -> np.ndarray:
        # The schema gives 0 for a vector that is left out.
        return values if isinstance(values, np.ndarray) else np.zeros(0, np.int32)

    def _string(self, table: Any, slot: int) -> str:
        where = table._tab.Offset(slot)
        if not where:
            return ""
        begin = table._tab.Indirect(table._tab.Pos + where)
        (length,) = struct.unpack_from("<I", self.content, begin)
        # The interpreter reads on to the first zero.
        if begin + 4 + length >= len(self.content) or self.content[begin + 4 + length] != 0:
            self._refuse("has a name without an end")
        return self.content[begin + 4 : begin + 4 + min(length, 200)].decode("utf-8", "replace")

    def _tensor(self, tensor: Any) -> _Tensor:
        self._string(tensor, 10)
        dtype = _TYPES.get(tensor.Type())
        if dtype is None or tensor.Sparsity() is not None or tensor.IsVariable() or tensor.VariantTensorsLength():
            raise Untrusted(f"{self.path} has tensors of a kind that no export of this package has.")
        shape = tuple(int(side) for side in self._numbers(tensor.ShapeAsNumpy()))
        self._numbers(tensor.ShapeSignatureAsNumpy())
        if len(shape) > 8 or min(shape, default=0) < 0:
            self._refuse(f"has a tensor of the shape {shape[:8]}")
        size = dtype.itemsize
        for side in shape:
            size *= side
            if size > _LARGEST:
                self._refuse(f"has a tensor of the shape {shape}, {size:,} bytes and more")
        if not 0 <= tensor.Buffer() < len(self.buffers):
            self._refuse("has a tensor in a buffer that does not exist")
        stored = self.buffers[tensor.Buffer()]
        if stored and stored != size:
            self._refuse(f"has a constant of {stored:,} bytes where {size:,} are needed")
        self._quantisation(tensor.Quantization(), shape)
        return _Tensor(shape, dtype, bool(stored), size)

    def _quantisation(self, steps: Any, shape: tuple[int, ...]) -> None:
        if steps is None:
            return
        scales, zeros = self._numbers(steps.ScaleAsNumpy()), self._numbers(steps.ZeroPointAsNumpy())
        self._numbers(steps.MinAsNumpy())
        self._numbers(steps.MaxAsNumpy())
        if steps.DetailsType():
            self._refuse("quantises in an unknown way")
        channels = shape[steps.QuantizedDimension()] if 0 <= steps.QuantizedDimension() < len(shape) else 1
        if len(scales) not in (0, 1, channels) or len(zeros) not in (0, 1, len(scales)):
            self._refuse(f"has {len(scales)} scales and {len(zeros)} zero points for {channels} channels")
        if not (np.isfinite(scales).all() and (scales >= 0).all()):
            self._refuse("has a scale that is not a number")

    def _indices(self, table: Any, side: str, tensors: list[_Tensor], missing: bool = False) -> list[int]:
        found = [int(index) for index in self._numbers(getattr(table, f"{side}AsNumpy")())]
        if len(found) > _MOST or not all(-missing <= index < len(tensors) for index in found):
            self._refuse(f"names tensors that do not exist among its {side.lower()}")
        return found

    def _operator(self, operator: Any, kinds: list[str], tensors: list[_Tensor], made: set[int]) -> None:
        if not 0 <= operator.OpcodeIndex() < len(kinds):
            self._refuse("names an operator that does not exist")
        kind = kinds[operator.OpcodeIndex()]
        rule: Rule = RULES[kind]
        inputs = self._indices(operator, "Inputs", tensors, missing=True)
        outputs = self._indices(operator, "Outputs", tensors)
        needed = inputs[: rule.least]
        if not rule.least <= len(inputs) <= rule.most:
            self._refuse(f"gives {kind} {len(inputs)} inputs, expected are {rule.least} to {rule.most}")
        if -1 in needed or (rule.most == MANY and -1 in inputs):
            self._refuse(f"leaves out an input that {kind} cannot be without")
        if len(outputs) != (len(outputs) or 1 if rule.outputs is None else rule.outputs):
            self._refuse(f"takes {len(outputs)} results of {kind}")
        if not {one for one in inputs if one >= 0} <= made:
            self._refuse(f"gives {kind} what no operator has made before")
        if made & set(outputs) or len(set(outputs)) < len(outputs):
            self._refuse(f"lets {kind} write where something is already")
        for place in rule.constant:
            if place < len(inputs) and not tensors[inputs[place]].constant:
                raise Untrusted(f"{self.path} computes the sizes of {kind}, which no export of this package does.")
        if operator.BuiltinOptions2Type() or operator.CustomOptionsLength() or operator.LargeCustomOptionsSize() > 1:
            self._refuse(f"gives {kind} options of another operator")
        self._numbers(operator.IntermediatesAsNumpy())
        self._options(operator)
        made.update(outputs)

    def _options(self, operator: Any) -> None:
        kind, table = operator.BuiltinOptionsType(), operator.BuiltinOptions()
        if (table is None) != (kind == 0):
            self._refuse("has options of no kind")
        # Reads every field, and fails where one lies outside the file.
        if table is not None and schema.BuiltinOptionsCreator(kind, table) is None:
            self._refuse("has options of an unknown kind")

    def _metadata(self) -> None:
        self._string(self.model, 10)
        for i in self._count(self.model.MetadataLength(), _FEW, "entries of metadata"):
            entry = self.model.Metadata(i)
            self._string(entry, 4)
            if not 0 <= entry.Buffer() < len(self.buffers):
                self._refuse("keeps metadata in a buffer that does not exist")

    def _form(self, tensors: list[_Tensor], inputs: list[int], outputs: list[int]) -> Form:
        for i in self._count(self.model.SignatureDefsLength(), _FEW, "signatures"):
            signature = self.model.SignatureDefs(i)
            name = self._string(signature, 8)
            taken = list(self._ports(signature.Inputs, signature.InputsLength(), tensors, inputs))
            given = list(self._ports(signature.Outputs, signature.OutputsLength(), tensors, outputs))
            if signature.SubgraphIndex() != 0:
                self._refuse("has a signature of a graph that does not exist")
            if name == _SIGNATURE:
                return Form(taken, given)
        raise ModelFileError(f"{self.path} has no signature {_SIGNATURE!r} from `image` to `mask`: it is not ours.")

    def _ports(self, get: Any, length: int, tensors: list[_Tensor], known: list[int]) -> Iterator[Port]:
        for i in self._count(length, _FEW, "inputs or outputs"):
            entry = get(i)
            if entry.TensorIndex() not in known:
                self._refuse("has a signature of tensors that are neither inputs nor outputs")
            tensor = tensors[entry.TensorIndex()]
            yield Port(self._string(entry, 4), tensor.shape, tensor.dtype.name)
