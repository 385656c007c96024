"""Checks of the constructor arguments that all models share."""

from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import keras

from keras_rau.suggestion import did_you_mean

# Of the base class, of `keras.Model`, and of what `get_config` adds.
OF_KERAS = ("name", "trainable", "trainable_parts")
_OF_ALL = {"side_weights", *OF_KERAS}


def check_options(owner: str, options: Collection[str], shared: set[str], own: Collection[str]) -> None:
    """Refuse arguments that a model does not know.

    Args:
        owner: name of its class.
        options: names that were given.
        shared: names that its kind takes.
        own: names of its own constructor.

    Raises:
        TypeError: one is unknown; the nearest known one is given.
    """
    unknown = set(options) - shared - _OF_ALL
    if unknown:
        known = sorted(shared | {"side_weights", "name"} | set(own))
        ready = "encoder_weights" in unknown
        hint = "No weights are known for its encoder. " if ready else did_you_mean(min(unknown), known)
        raise TypeError(
            f"{owner} does not know this argument. {hint}Known: {', '.join(known)}. "
            f"Received: {', '.join(sorted(unknown))}"
        )


def check_input_shape(shape: Any, stride: int) -> None:
    """Refuse what is not a shape of an image, or smaller than the stride of the deepest level.

    Raises:
        ValueError: `activation` is not such an activation.
    """
    valid = isinstance(shape, (list, tuple)) and len(shape) == 3 and isinstance(shape[2], Integral) and shape[2] > 0
    if not valid or any(side is not None and not (isinstance(side, Integral) and side >= stride) for side in shape[:2]):
        raise ValueError(
            f"`input_shape` must be (height, width, channels); height and width are None or at least {stride}, the "
            f"stride of the deepest level (sizes that it does not divide are fine). Received: input_shape={shape}"
        )


def check_output_activation(activation: Any, classes: int) -> None:
    """Refuse what is not an activation, a softmax over one class, and of several classes what leaves open how they relate.

    Raises:
        ValueError: `activation` is not such an activation.
    """
    if classes == 1 and getattr(activation, "__name__", activation) == "softmax":
        raise ValueError(
            "A softmax over one class is 1 everywhere: leave `output_activation` out, which is a sigmoid then. Received: "
            f"output_activation={activation!r}, classes=1"
        )
    try:
        keras.activations.get(None if activation == "auto" else activation)
    except ValueError as error:
        raise ValueError(
            "`output_activation` must be 'auto', an activation of Keras such as 'sigmoid', or None for logits. "
            f"Received: output_activation={activation!r}"
        ) from error
    if classes > 1 and getattr(activation, "__name__", activation) not in (
        "auto",
        "softmax",
        "sigmoid",
        "linear",
        None,
    ):
        raise ValueError(
            "`output_activation` of several classes must be 'softmax' where they exclude each other, 'sigmoid' where they may "
            f"overlap, or None for logits of exclusive classes. Received: output_activation={activation!r}, classes={classes}"
        )


def check_side_weights(weights: Any) -> None:
    """Refuse what is neither a number nor a sequence of them.

    Raises:
        ValueError: it is neither, or one is negative.
    """
    each = weights if isinstance(weights, (list, tuple)) else [weights]
    if not all(isinstance(weight, Real) and weight >= 0 for weight in each):
        raise ValueError(
            "`side_weights` must be one number, or one for each of the side outputs, none negative. "
            f"Received: side_weights={weights!r}"
        )
