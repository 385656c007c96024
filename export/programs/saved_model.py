"""A SavedModel read as data before TensorFlow, which runs parts of it while loading, sees it."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_rau.errors import ModelFileError
from keras_rau.export.programs.saved_model_operators import ALLOWED
from keras_rau.strangers import one_line, read_bytes

_LARGEST_GRAPH = 1 << 30
_LARGEST_INDEX = 64 << 20
_SLACK = 64 << 20
_HINT = "If you trust where it comes from, say --trust (in Python: trust=True)"
# Objects of our exports. Resources and assets run functions or read files while they are loaded.
_OBJECTS = {"user_object", "variable", "function", "bare_concrete_function", "constant", "captured_tensor"}
_KNOWN = {
    "_generic_user_object",
    "signature_map",
    "trackable_list_wrapper",
    "trackable_dict_wrapper",
    "trackable_tuple_wrapper",
}
_TOP = {"saved_model.pb", "fingerprint.pb", "keras_metadata.pb", "variables", "assets", "assets.extra", "debug"}


def check_saved_model(path: Path) -> None:
    """Refuse a SavedModel that may do more than map tensors to tensors.

    Looked at are all functions that loading or predicting can reach. How it saves and restores itself counts only where one
    of these calls it.

    Args:
        path: the folder.

    Raises:
        ModelFileError: it is damaged, was not saved by TensorFlow 2, uses an operator or object that none of our exports
            does, claims more values than it holds, or has files that lie elsewhere.
    """
    _check_files(path)
    graph = _parsed(path)
    _check_objects(graph.object_graph_def, path)
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    if len(functions) < len(graph.graph_def.library.function) or any(
        "api_implements" in f.attr for f in functions.values()
    ):
        _refuse(path, "has functions that stand in for others while it runs")
    claimed = 0
    for function in _reachable(graph.object_graph_def.concrete_functions, functions):
        for node in function.node_def:
            if node.op not in ALLOWED and node.op not in functions:
                _refuse(path, f"uses the operator {one_line(node.op, 60)}, which no export of this package does")
            claimed += sum(_bytes(attribute.tensor) for attribute in node.attr.values() if attribute.HasField("tensor"))
    if claimed > 4 * (path / "saved_model.pb").stat().st_size + _SLACK:
        _refuse(path, f"claims constants of {claimed:,} bytes in a file of less")
    _check_variables(path)


def _refuse(path: Path, what: str) -> None:
    raise ModelFileError(f"{path} {what}. A SavedModel is a program; it was not loaded. {_HINT}.")


def _check_files(path: Path) -> None:
    # Not `Path.resolve`, which raises over a link to itself.
    home = os.path.realpath(path)
    for each in path.rglob("*"):
        if not Path(os.path.realpath(each)).is_relative_to(home):
            _refuse(path, f"holds a link out of its folder ({each.name})")
        if not (each.is_file() or each.is_dir()):
            _refuse(path, f"holds a pipe or device ({each.name})")
        if each.parent == path and each.suffix in (".pb", ".cpb", ".pbtxt") and each.name not in _TOP:
            _refuse(path, f"holds a second graph ({each.name})")


def _parsed(path: Path) -> Any:
    content = read_bytes(path / "saved_model.pb", _LARGEST_GRAPH, ModelFileError)
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        graphs = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    except DecodeError as error:
        raise ModelFileError(f"{path} is damaged or no SavedModel: saved_model.pb cannot be read.") from error
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        _refuse(path, "was not saved by TensorFlow 2, and would run a graph while it is loaded")
    return graphs[0]


def _check_objects(objects: Any, path: Path) -> None:
    for node in objects.nodes:
        kind = node.WhichOneof("kind")
        if kind not in _OBJECTS:
            _refuse(path, f"holds an object of the kind {kind}, which no export of this package does")
        if kind == "user_object" and node.user_object.identifier not in _KNOWN:
            _refuse(path, f"holds an object of the kind {one_line(node.user_object.identifier, 60)}")
        if node.saveable_objects or node.registered_name or node.registered_saver:
            _refuse(path, "restores its objects by functions of its own")


def _reachable(roots: Any, functions: dict[str, Any]) -> Iterator[Any]:
    waiting, seen = list(roots), set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        function = functions[name]
        yield function
        for node in function.node_def:
            waiting.append(node.op)
            for attribute in node.attr.values():
                waiting += [attribute.func.name, *(each.name for each in attribute.list.func)]


def _bytes(tensor: Any) -> int:
    """Bytes that a constant takes, whatever is written of it."""
    sides = [max(0, side.size) for side in tensor.tensor_shape.dim]
    return 8 * math.prod(sides)


def _check_variables(path: Path) -> None:
    index = path / "variables" / "variables.index"
    if not index.exists():
        return
    if index.stat().st_size > _LARGEST_INDEX:
        _refuse(path, f"has a list of variables of {index.stat().st_size:,} bytes")
    import tensorflow as tf

    stored = sum(each.stat().st_size for each in index.parent.glob("variables.data-*"))
    try:
        reader = tf.train.load_checkpoint(str(index.with_suffix("")))
        shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    except Exception as error:
        raise ModelFileError(f"{path} is damaged: the list of its variables cannot be read.") from error
    claimed = sum(math.prod(shape) * types[name].size for name, shape in shapes.items() if types[name] != tf.string)
    if claimed > stored:
        _refuse(path, f"claims variables of {claimed:,} bytes and holds {stored:,}")
