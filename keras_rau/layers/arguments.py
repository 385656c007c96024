"""Checks of constructor arguments and input shapes that the layers share."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import keras


def one_of(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return `value` if it is among `allowed`."""
    if value not in allowed:
        expected = ", ".join(repr(choice) for choice in allowed)
        raise ValueError(f"Invalid value for `{name}`. Expected one of {expected}. Received: {name}={value!r}")
    return value


def positive_int(name: str, value: Any, minimum: int = 1) -> int:
    """Return `value` if it is a whole number of at least `minimum`."""
    # NumPy's too, as sizes often come from arrays.
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(f"`{name}` must be a whole number of at least {minimum}. Received: {name}={value!r}")
    return int(value)


def boolean(name: str, value: Any) -> bool:
    """Return `value` if it is `True` or `False`."""
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` must be True or False. Received: {name}={value!r}")
    return value


def standardize_data_format(data_format: str | None) -> str:
    """Return `data_format`, or Keras's default for `None`."""
    allowed = ("channels_last", "channels_first")
    return one_of("data_format", data_format or keras.config.image_data_format(), allowed)


def channel_axis(data_format: str) -> int:
    """Index of the channels in a 4-D shape, as Keras's normalisation layers want it."""
    return 1 if data_format == "channels_first" else -1


def feature_and_gating_shapes(layer: keras.layers.Layer, input_shape: Any, data_format: str) -> tuple:
    """Return the two shapes of `[features, gating]` after checking that they are what the layer needs."""
    two = isinstance(input_shape, (list, tuple)) and len(input_shape) == 2
    if not two or not all(isinstance(shape, (list, tuple)) and len(shape) == 4 for shape in input_shape):
        raise ValueError(
            f"Layer {layer.name!r} is called on a list [features, gating] of two 4-D tensors. "
            f"Received: input_shape={input_shape}"
        )
    features, gating = (tuple(shape) for shape in input_shape)
    axis = channel_axis(data_format)
    if features[axis] is None or gating[axis] is None:
        raise ValueError(
            f"Layer {layer.name!r} needs to know the number of channels of both inputs ({data_format}). "
            f"Received: input_shape={input_shape}"
        )
    return features, gating


def with_channels(shape: tuple, channels: int, data_format: str) -> tuple:
    """Return `shape` with another number of channels."""
    if data_format == "channels_first":
        return (shape[0], channels, *shape[2:])
    return (*shape[:3], channels)
