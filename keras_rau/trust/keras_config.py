"""The JSON of a Keras model: which classes and functions it names."""

from collections.abc import Collection, Iterator
from typing import Any

import keras

from keras_rau.errors import ModelFileError
from keras_rau.strangers import one_line, parse_json, shown
from keras_rau.trust.effort import check_effort

# Where the parts of models live. Everything else that Keras exports (utilities, loading, applications, which fetch and read
# files) can be named in a file, too, and is not needed to build a model from its parts.
_PARTS = {
    "activations",
    "constraints",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "quantizers",
    "random",
    "regularizers",
}
_FUNCTIONS = {"activations", "initializers", "losses", "metrics", "ops", "regularizers"}
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"}
# Layers that run what a file says (Python, graphs, other frameworks) or read files that it names.
_UNSAFE = {
    "Lambda": "runs Python of the file",
    "__lambda__": "runs Python of the file",
    "TFSMLayer": "runs a graph from another file",
    "TorchModuleWrapper": "unpickles",
    "FlaxLayer": "runs Python of the file",
    "JaxLayer": "runs Python of the file",
    "StringLookup": "reads a vocabulary from a file",
    "IntegerLookup": "reads a vocabulary from a file",
    "IndexLookup": "reads a vocabulary from a file",
    "TextVectorization": "reads a vocabulary from a file",
}
_OURS = "keras_rau>"
_WEIGHTS_ELSEWHERE = ("encoder_weights", "weights")


def check_config(text: bytes | str, name: str, *, own: Collection[str] = (), old: bool = False) -> dict[str, Any]:
    """Return the configuration of a model that names nothing but parts of models.

    Allowed are the layers, activations, losses and so on of Keras and of this package, and classes that the running program
    has registered itself. Functions that it registered are not: a file could have any of them called.

    Args:
        text: content of `config.json`.
        name: of the file, for messages.
        own: names of classes and functions that the caller hands over for this file.
        old: the form of HDF5 files, in which classes of Keras have no module.

    Raises:
        ModelFileError: it is damaged, names something else, or would take Keras minutes.
    """
    config = parse_json(text, name, ModelFileError)
    if not isinstance(config.get("class_name"), str) or not isinstance(config.get("config"), dict):
        raise ModelFileError(f"{name} does not say of which class its model is.")
    check_objects(config, name, own=own, old=old)
    check_effort(config, name)
    return config


def check_objects(tree: Any, name: str, *, own: Collection[str] = (), old: bool = False) -> None:
    """Refuse a part of a configuration that names other things than parts of models; as `check_config`."""
    registered = keras.saving.get_custom_objects()
    functions = {key for key, value in registered.items() if not isinstance(value, type) and not key.startswith(_OURS)}
    handed = set(own)
    functions -= handed
    for item in _objects(tree, functions):
        names = {item.get(key) for key in ("class_name", "registered_name", "config") if isinstance(item.get(key), str)}
        if names & handed:
            continue
        if not (old and item.get("module") is None and _is_old(item.get("class_name"))):
            _check(item, name, registered, functions)


def _objects(tree: Any, functions: set[str]) -> Iterator[Any]:
    """Yield what names a class or function, and what reads another file."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "class_name" in item or "registered_name" in item or "spec_name" in item:
                yield item
            yield from ({key: item[key]} for key in _WEIGHTS_ELSEWHERE if isinstance(item.get(key), str))
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and item in functions:
            yield {"class_name": "function", "config": item, "module": None}


def _check(item: dict[str, Any], name: str, registered: dict[str, Any], functions: set[str]) -> None:
    for key in _WEIGHTS_ELSEWHERE:
        if key in item:
            _refuse(name, f"asks for weights from elsewhere ({key}={one_line(item[key], 60)})")
    kind = item.get("class_name")
    if not isinstance(kind, str):
        _refuse(name, "names a class that is not a word")
    if kind in _UNSAFE:
        _refuse(name, f"holds a {kind} layer, which {_UNSAFE[kind]}")
    if kind in _VALUES:
        return
    module, key = item.get("module"), item.get("registered_name") or kind
    if kind == "function":
        _check_function(item, name, functions)
        return
    if not isinstance(key, str) or not isinstance(module, str | None):
        _refuse(name, f"names the class {one_line(kind, 60)} in no known way")
    if key.startswith(_OURS) or isinstance(registered.get(key), type):
        if key not in registered:
            _refuse(name, f"needs the class {one_line(key, 60)}, which this version does not have")
        return
    if not _is_part(module, _PARTS) or not _is_class(kind):
        _refuse(
            name,
            f"needs the class {one_line(key, 60)} of {shown(module, 60)}, which is not part of Keras or keras_rau and "
            "not registered here. If it is a class of yours, import the module that registers it first",
        )


def _check_function(item: dict[str, Any], name: str, functions: set[str]) -> None:
    module, word = item.get("module"), item.get("config")
    if not isinstance(word, str):
        _refuse(name, "calls a function that has no name")
    # Of a builtin Keras also finds a registered function by the last part of its name.
    if word in functions or any(key.endswith(f">{word}") for key in functions):
        _refuse(name, f"calls the registered function {one_line(word, 60)}; put it into a registered layer class")
    if module != "builtins" and not _is_part(module, _FUNCTIONS):
        _refuse(name, f"calls the function {one_line(word, 60)} of {shown(module, 60)}, which is not part of a model")


def _is_old(kind: Any) -> bool:
    """Return whether it is the name of a class of Keras, which an HDF5 file has without a module."""
    if not isinstance(kind, str) or kind in _UNSAFE:
        return False
    return kind == "Functional" or any(isinstance(getattr(getattr(keras, part), kind, None), type) for part in _PARTS)


def _is_part(module: Any, parts: set[str]) -> bool:
    if not isinstance(module, str):
        return False
    words = module.split(".")
    if words[0] != "keras":
        return False
    inner = words[2:] if words[1:2] == ["src"] else words[1:]
    # Optimisers of PyTorch have classes of their own: keras.src.backend.torch.optimizers.torch_adam.
    if inner[:1] == ["backend"]:
        return "optimizers" in inner[2:3] and "optimizers" in parts
    # Model and Sequential are exported at the top, too.
    return (inner[0] in parts) if inner else parts is _PARTS


def _is_class(kind: str) -> bool:
    # Keras also finds its functions by these names, which are written small.
    return kind.isidentifier() and kind[0].isupper()


def _refuse(name: str, what: str) -> None:
    raise ModelFileError(f"{name} {what}. It was not opened.")
