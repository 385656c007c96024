"""From the memory order of PyTorch's modules to that of our layers."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_rau.keras_internals import sublayers
from keras_rau.layers.external_attention import ExternalAttention
from keras_rau.layers.grouped_convolution import GroupedConvolution
from keras_rau.layers.learned_map import LearnedMap
from keras_rau.layers.learned_scale import LearnedScale
from keras_rau.layers.shared_dilation import SharedDilation
from keras_rau.models.published.sources import Source

_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
_Turn = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
# The layers that hold parameters which are no module's.
_BARE = (LearnedMap, LearnedScale)


def parameters_of(layer: keras.layers.Layer, sources: tuple[Source, ...]) -> list[tuple[str, Source]]:
    """Return for each weight that a layer holds itself what it is called in the published network, and its source.

    Args:
        layer: holds weights itself, not by other layers.
        sources: its own, as many as it takes.
    """
    if isinstance(layer, ExternalAttention):
        return [(one.name, one) for one in sources]
    (source,) = sources
    if isinstance(layer, _BARE):
        return [(source.name, source)]
    names = [_NORM.get(weight.name, "bias" if weight.name == "bias" else "weight") for weight in own_weights(layer)]
    return [(f"{source.name}.{name}", source) for name in names]


def own_weights(layer: keras.layers.Layer) -> list[Any]:
    """Return the weights that a layer holds itself, in Keras's order."""
    inner = {id(weight) for one in sublayers(layer) for weight in one.weights}
    return [weight for weight in layer.weights if id(weight) not in inner]


def share(value: np.ndarray, source: Source) -> np.ndarray:
    """Return the part of a grouped convolution's outputs that a source names.

    Raises:
        ValueError: the outputs cannot be divided so.
    """
    return value if source.parts == 1 else np.split(value, source.parts)[source.part]


def turned(value: np.ndarray, layer: keras.layers.Layer, weight: Any) -> np.ndarray:
    """Return a published array in the order in which a layer's weight has it.

    Raises:
        ValueError: the array has other axes than such a weight can have.
    """
    shape = tuple(weight.shape)
    if weight.name in ("kernel", "keys", "values", "alpha", "gamma"):
        # A `gamma` of a normalisation has no kind in the list, and stays as it is.
        for kind, turn in _TURNS:
            if isinstance(layer, kind):
                value = turn(value, shape)
                break
    if value.shape != shape:
        raise ValueError(f"{value.shape} instead of {shape}")
    return value


def _image(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A kernel `(…, …, k)` of a convolution along one side as one over images."""
    if value.ndim != 3:
        return value
    return value[..., None] if shape[1] == 1 else value[:, :, None]


def _map(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # (1, C, H, W), (1, 1, C, H) along the height, (1, 1, C, W) along the width
    if shape[1] > 1 and shape[2] > 1:
        return value.transpose(0, 2, 3, 1)
    return value.transpose((0, 3, 1, 2) if shape[1] > 1 else (0, 1, 3, 2))


def _matrix(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if value.ndim > 2 and value.shape[2:] != (1,) * (value.ndim - 2):
        raise ValueError(f"a kernel of the sides {value.shape[2:]}")
    return value.reshape(value.shape[:2]).T


_TURNS: tuple[tuple[type[keras.layers.Layer], _Turn], ...] = (
    (keras.layers.DepthwiseConv2D, lambda value, shape: _image(value, shape).transpose(2, 3, 0, 1)),
    (keras.layers.Conv2DTranspose, lambda value, shape: value.transpose(2, 3, 1, 0)),
    (keras.layers.Conv2D, lambda value, shape: _image(value, shape).transpose(2, 3, 1, 0)),
    (SharedDilation, lambda value, shape: value.transpose(2, 3, 1, 0)),
    (keras.layers.Conv1D, lambda value, shape: value.transpose(2, 1, 0)),
    (keras.layers.Dense, _matrix),
    (ExternalAttention, _matrix),
    (
        GroupedConvolution,
        lambda value, shape: value.reshape(-1, *value.shape[2:])[..., None].transpose(1, 2, 0, 3),
    ),
    (LearnedMap, _map),
    (LearnedScale, lambda value, shape: value.reshape(shape) if value.size == 1 else value),
    (keras.layers.PReLU, lambda value, shape: value.reshape(1, 1, -1)),
)
