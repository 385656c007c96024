"""Hostile `.keras` files."""

import json
import pickle
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.deploy.hostile.attack import Attack, canary, secret

LAYERS = "keras.layers"


def functional(*layers: dict[str, Any]) -> dict[str, Any]:
    """Configuration of a sequential model of an input and layers."""
    for number, each in enumerate(layers):
        each["config"]["name"] = f"layer_{number}"
    first = {
        "module": LAYERS,
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 32, 32, 3], "dtype": "float32", "name": "image"},
        "registered_name": None,
    }
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "model", "layers": [first, *layers]},
        "registered_name": "Sequential",
    }


def backwards(count: int) -> dict[str, Any]:
    """Configuration of a functional model that lists each layer before the one that it follows."""
    found = functional(*[layer("Activation", activation="linear") for _ in range(count)])
    names = [each["config"]["name"] for each in found["config"]["layers"]]
    for place, each in enumerate(found["config"]["layers"]):
        tensor = {"shape": [None, 32, 32, 3], "dtype": "float32", "keras_history": [names[place - 1], 0, 0]}
        node = {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}
        each |= {"name": names[place], "inbound_nodes": [node] if place else []}
    found |= {"class_name": "Functional", "registered_name": "Functional"}
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [[names[-1], 0, 0]]}
    found["config"] |= {"layers": found["config"]["layers"][::-1], **ends}
    return found


def layer(kind: str, module: str | None = LAYERS, **config: Any) -> dict[str, Any]:
    """Configuration of a layer."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def function(name: str, module: str) -> dict[str, Any]:
    """Configuration of a function."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def activation(value: Any) -> dict[str, Any]:
    """A model that calls a function."""
    return functional(layer("Activation", activation=value))


def ours(**arguments: Any) -> dict[str, Any]:
    """Configuration of a model of this package."""
    config = {"name": "one", "input_shape": [32, 32, 3], "width": 2, "depth": 2, **arguments}
    return {"module": None, "class_name": "RAUNet", "config": config, "registered_name": "keras_rau>RAUNet"}


def write(path: Path, config: Any, weights: bytes | None = None, **others: bytes) -> Path:
    """Write an archive with its three members and others."""
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", plain_weights() if weights is None else weights)
        for name, content in others.items():
            archive.writestr(name, content)
    return path


def plain_weights() -> bytes:
    """A sound HDF5 file without weights."""
    import io

    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        root.create_dataset("layers/one/vars/0", data=np.zeros((3, 3), np.float32))
    return file.getvalue()


def _config(make: Any, folder: Path) -> Attack:
    return Attack(write(folder / "m.keras", make(folder)))


def _lambda(folder: Path) -> dict[str, Any]:
    import base64
    import marshal

    code = compile(f"open({str(canary(folder))!r}, 'w')", "x", "eval")
    value = {"class_name": "__lambda__", "config": {"code": base64.b64encode(marshal.dumps(code)).decode()}}
    return functional(layer("Lambda", function=value))


def _wrapped_lambda(folder: Path) -> dict[str, Any]:
    return functional(layer("TimeDistributed", layer=_lambda(folder)["config"]["layers"][1]))


def _bare_lambda(folder: Path) -> dict[str, Any]:
    value = {"class_name": "__lambda__", "config": {"value": ["AAAA", None, None]}}
    return functional(layer("Conv2D", filters=1, kernel_size=1, kernel_initializer=value))


CONFIGS = {
    "lambda": _lambda,
    "lambda in a wrapper": _wrapped_lambda,
    "lambda as initialiser": _bare_lambda,
    "TFSMLayer": lambda folder: functional(layer("TFSMLayer", filepath=str(folder / "home"))),
    "TFSMLayer by its inner module": lambda folder: functional(
        layer("TFSMLayer", "keras.src.export.tfsm_layer", filepath=str(folder / "home"))
    ),
    "unpickling layer": lambda folder: functional(layer("TorchModuleWrapper", module="gASVAAAA")),
    "fetching function": lambda folder: activation(function("get_file", "keras.utils")),
    "nested loading": lambda folder: activation(function("load_model", "keras.models")),
    "network that fetches weights": lambda folder: activation(function("VGG16", "keras.applications")),
    "nested loading as a class": lambda folder: activation(layer("load_model", "keras.models")),
    "function of the system": lambda folder: activation(function("system", "os")),
    "function of Python": lambda folder: activation(function("exec", "builtins_")),
    "registered function": lambda folder: activation(function("hostile>danger", "builtins")),
    "registered function by its last word": lambda folder: activation(function("danger", "builtins")),
    "registered function as a word": lambda folder: activation("hostile>danger"),
    "vocabulary of another file": lambda folder: functional(layer("StringLookup", vocabulary=str(secret(folder)))),
    "class of another module": lambda folder: functional(
        layer("Popen", "subprocess", args=["touch", str(canary(folder))])
    ),
    "class of another module, typespec": lambda folder: functional(
        {
            "class_name": "__typespec__",
            "spec_name": "Popen",
            "module": "subprocess",
            "config": {},
            "registered_name": None,
        }
    ),
    "encoder weights of another file": lambda folder: ours(
        encoder="efficientnet_lite0", encoder_weights=str(secret(folder))
    ),
    "encoder weights from the network": lambda folder: ours(encoder="mobilenet_v2", encoder_weights="imagenet"),
    "layer of terabytes": lambda folder: functional(layer("Flatten"), layer("Dense", units=10**9)),
    "our model of terabytes": lambda folder: ours(width=10**6),
    "chain of thousands": lambda folder: functional(*[layer("Activation", activation="linear") for _ in range(3000)]),
    "layers backwards": lambda folder: backwards(1000),
    "our model without end": lambda folder: ours(depth=10**8),
    "map of terabytes": lambda folder: functional(
        layer("UpSampling2D", size=[10**5, 10**5]), layer("MaxPooling2D", pool_size=[10**5, 10**5])
    ),
    "configuration nested deep": lambda folder: '{"a":' * 5000 + "1" + "}" * 5000,
    "configuration of a list": lambda folder: "[1, 2]",
    "configuration without a class": lambda folder: {"config": {}},
    "class names that are lists": lambda folder: {**functional(), "class_name": ["a"]},
    "classifier": lambda folder: functional(layer("GlobalAveragePooling2D")),
    "grey images": lambda folder: functional(layer("Reshape", target_shape=[64, 48])),
}


# Odd to segment with, but models that `models.load` is right to open.
_SOUND_MODELS = ("classifier", "grey images", "map of terabytes")


def _external_link(root: h5py.File, folder: Path) -> None:
    root["layers/one/vars/0"] = h5py.ExternalLink(str(secret(folder)), "/weights")


def _external_storage(root: h5py.File, folder: Path) -> None:
    place = [(str(secret(folder)), 0, 40)]
    root.create_dataset("layers/one/vars/0", shape=(10,), dtype="float32", external=place)


def _virtual(root: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((10,), "float32")
    layout[:] = h5py.VirtualSource(str(secret(folder)), "weights", (10,))
    root.create_virtual_dataset("layers/one/vars/0", layout)


def _huge(root: h5py.File, _: Path) -> None:
    root.create_dataset("layers/one/vars/0", shape=(1 << 19, 1 << 19), dtype="float32", chunks=(1024, 1024))


def _compressed(root: h5py.File, _: Path) -> None:
    data = np.zeros(1 << 24, np.float32)
    root.create_dataset("layers/one/vars/0", data=data, compression="gzip", compression_opts=9)


def _cycle(root: h5py.File, _: Path) -> None:
    group = root.create_group("layers/one")
    group["again"] = root["layers"]


def _soft_link(root: h5py.File, _: Path) -> None:
    root["layers/one/vars/0"] = h5py.SoftLink("/layers/one")


def _words(root: h5py.File, _: Path) -> None:
    root.create_dataset("layers/one/vars/0", data=["a", "b"], dtype=h5py.string_dtype())


WEIGHTS = {
    "external link": _external_link,
    "external storage": _external_storage,
    "virtual array": _virtual,
    "array of terabytes": _huge,
    "compressed array": _compressed,
    "groups in a circle": _cycle,
    "link inside": _soft_link,
    "array of words": _words,
}


def hdf5(make: Any, folder: Path, path: Path) -> Path:
    """Write an HDF5 file by one of `WEIGHTS`."""
    with h5py.File(path, "w") as root:
        make(root, folder)
    return path


def _inside(make: Any, folder: Path) -> Attack:
    content = hdf5(make, folder, folder / "w.h5").read_bytes()
    config = functional(layer("Conv2D", filters=1, kernel_size=1))
    return Attack(write(folder / "m.keras", config, content))


def _as_hdf5(make: Any, folder: Path) -> Attack:
    config = make(folder)
    path = folder / "m.h5"
    with h5py.File(path, "w") as root:
        root.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        root.create_group("model_weights")
    return Attack(path, "load")


def _in_hdf5(make: Any, folder: Path) -> Attack:
    path = folder / "m.h5"
    with h5py.File(path, "w") as root:
        root.attrs["model_config"] = json.dumps(functional(layer("Conv2D", filters=1, kernel_size=1)))
        make(root, folder)
    return Attack(path, "load")


def _trained_with(training: Any, folder: Path) -> Attack:
    path = _as_hdf5(lambda _: functional(layer("Conv2D", filters=1, kernel_size=1)), folder).path
    with h5py.File(path, "a") as root:
        root.attrs["training_config"] = json.dumps(training)
    return Attack(path, "load")


def _alone(make: Any, way: str, folder: Path) -> Attack:
    return Attack(hdf5(make, folder, folder / "m.weights.h5"), way)


def _bomb(member: str, folder: Path) -> Attack:
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            with archive.open(name, "w", force_zip64=True) as file:
                if name == member:
                    for _ in range(400):
                        file.write(b" " * (1 << 20))
                else:
                    file.write(json.dumps(functional()).encode() if name == "config.json" else plain_weights())
    return Attack(path)


def _member(name: str, folder: Path) -> Attack:
    return Attack(write(folder / "m.keras", functional(), **{name: b"x" * 100}))


def _pickled(name: str, folder: Path) -> Attack:
    path = folder / name
    path.write_bytes(pickle.dumps(_Executes(canary(folder))))
    return Attack(path, "init" if name.endswith("h5") else "predictor")


class _Executes:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, (f"touch {self.path}",)


CASES = {
    **{f"keras: {name}": partial(_config, make) for name, make in CONFIGS.items()},
    **{f"keras: {name}": partial(_inside, make) for name, make in WEIGHTS.items()},
    **{f"hdf5 model: {name}": partial(_as_hdf5, make) for name, make in CONFIGS.items() if name not in _SOUND_MODELS},
    **{f"hdf5 model: {name}": partial(_in_hdf5, make) for name, make in WEIGHTS.items()},
    "hdf5 model: loss that is another module's": partial(
        _trained_with, {"optimizer_config": layer("Adam", None), "loss": layer("Popen", "subprocess", args=["true"])}
    ),
    "hdf5 model: registered function as a loss": partial(
        _trained_with, {"optimizer_config": layer("Adam", None), "loss": "hostile>danger"}
    ),
    **{f"weights: {name}": partial(_alone, make, "weights") for name, make in WEIGHTS.items()},
    "init: external link": partial(_alone, _external_link, "init"),
    "init: lambda": lambda folder: Attack(_config(_lambda, folder).path, "init"),
    "zip: bomb of weights": partial(_bomb, "model.weights.h5"),
    "zip: bomb of configuration": partial(_bomb, "config.json"),
    "zip: traversal": partial(_member, "../../executed"),
    "zip: absolute name": partial(_member, "/tmp/executed"),
    "zip: assets": partial(_member, "assets/vocabulary.txt"),
    "zip: two configurations": partial(_member, "config.json"),
    "pickle as .keras": partial(_pickled, "m.keras"),
    "pickle": partial(_pickled, "m.pkl"),
    "pickle as weights": partial(_pickled, "m.weights.h5"),
}
