"""Settings that a training takes over from the model it starts from, unless the configuration says otherwise."""

import inspect
import os
import zipfile
from pathlib import Path
from typing import Any

from keras_rau import pretrained
from keras_rau.errors import DataError, UsageError
from keras_rau.strangers import one_line
from keras_rau.training.run_directory import RunDirectory

# Of the arguments in a model file: those that belong to one training, and not to the architecture.
_OF_THE_TRAINING = {"name", "trainable", "input_shape", "dtype", "encoder_weights", "classes", "class_names"}
# Those that follow from the classes, which are those of the masks.
_OF_THE_CLASSES = {"output_activation": ("sigmoid", "softmax")}
_ENDINGS = (".keras", ".h5", ".hdf5")
# Of the JSON file beside a model, which says how it was fed.
_FEEDING = ("image_size", "resize", "preprocess")


def take_over(tree: dict[str, Any]) -> None:
    """Put architecture, image size, resizing and preprocessing of `init` into a configuration that leaves them open.

    Args:
        tree: the configuration as a mapping of mappings, with `init`; it is changed.

    Raises:
        DataError: the file does not exist, is damaged, or holds another model than ours and none is named.
        UsageError: the source is a file of weights alone, and no model is named.

    Example:
        >>> take_over(tree := {"init": "runs/first", "epochs": 5})
        >>> tree["model"]
        {'name': 'rau_net_nano', 'depth': 2}
    """
    model, data = (tree.get(name) or {} for name in ("model", "data"))
    if not isinstance(model, dict) or not isinstance(data, dict):
        return  # refused by the schema
    missing = [name for name in _FEEDING if name not in data]
    if "name" in model and not missing:
        return
    path = initial_file(str(tree["init"]))
    if "name" not in model:
        model = {**({"name": tree["init"]} if path is None else _architecture(path)), **model}
    tree["model"] = model
    feeding = _feeding_of_preset(str(tree["init"])) if path is None else _feeding(path)
    tree["data"] = {**{name: value for name, value in feeding.items() if name in missing}, **data}


def initial_file(source: str) -> Path | None:
    """Return the file that `init` means: of a run directory its best model; `None` when it is the name of a preset.

    Raises:
        DataError: there is no such file, or it is of another kind than models are.
    """
    path, said = Path(source), one_line(source)
    # Not those of `Path`, which raise where a name is too long.
    if os.path.isdir(path):
        best = RunDirectory(path).best
        if not best.exists():
            raise DataError(f"The folder {path} is not a run directory: {best} does not exist. Received: init={said}")
        path = best
    elif not os.path.exists(path):
        if path.suffix or path.parent != Path():
            raise DataError(f"The model to start from does not exist: {said}.")
        return None
    # A pipe or a device would never end.
    if not os.path.isfile(path) or path.suffix not in _ENDINGS:
        raise DataError(
            f"{path} is nothing to start from. Expected: a .keras file, a run directory, a file of weights (.weights.h5), or "
            f"the name of a preset. Received: init={said}"
        )
    return path


def _architecture(path: Path) -> dict[str, Any]:
    """Preset of the model in a file, and those of its arguments that are not the preset's own."""
    from keras_rau.models import UNet
    from keras_rau.models.presets import PRESETS

    if path.suffix != ".keras":
        raise UsageError(f"{path} is read for its weights alone and does not say of which model: name it with --model.")
    content = _config(path)
    kind, arguments = content.get("class_name"), content.get("config", {})
    presets = [name for name, preset in PRESETS.items() if preset.builder.__name__ == kind]
    if not presets:
        raise DataError(
            f"{path} holds a model of the class {kind}, none of ours. Train it in Python: examples/fine_tune.py shows how."
        )
    name = arguments["name"] if arguments.get("name") in presets else presets[0]
    preset = PRESETS[name]
    own = {
        argument.name: argument.default
        for builder in (UNet, preset.builder)
        for argument in inspect.signature(builder).parameters.values()
    }
    own |= preset.settings
    others = {
        key: value
        for key, value in arguments.items()
        if key not in _OF_THE_TRAINING and own.get(key) != value and value not in _OF_THE_CLASSES.get(key, ())
    }
    return {"name": name, **others}


def _feeding(path: Path) -> dict[str, Any]:
    from keras_rau.export.sidecar import read_sidecar

    if path.suffix != ".keras":
        return {}
    info = read_sidecar(path)
    found = {name: info[name] for name in _FEEDING if name in info}
    shape = _config(path)["config"].get("input_shape")
    if "image_size" not in found and isinstance(shape, list) and len(shape) == 3 and None not in shape[:2]:
        found["image_size"] = shape[:2]
    return found


def _feeding_of_preset(name: str) -> dict[str, Any]:
    from keras_rau.export.sidecar import read_sidecar

    info = read_sidecar(pretrained.tflite_file(name))
    return {name: info[name] for name in _FEEDING if name in info}


def _config(path: Path) -> dict[str, Any]:
    """Content of the `.keras` file that tells how to build its model."""
    from keras_rau.trust.archive import check_archive, read_config
    from keras_rau.trust.keras_config import check_config

    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path)
            return check_config(read_config(archive), f"config.json in {path}")
    except DataError:
        raise
    # Damaged archives make zipfile raise nearly anything.
    except Exception as error:
        raise DataError(f"{path} is damaged or no .keras file. Received: init={path}") from error
