"""Losses by the names of configuration files and of the command line."""

import difflib
from typing import Any

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.compound import CompoundLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy
from keras_rau.losses.overlap import DiceLoss, TverskyLoss

_LOSSES: dict[str, type[SegmentationLoss]] = {
    "bce": BinaryCrossentropy,
    "dice": DiceLoss,
    "tversky": TverskyLoss,
    "compound": CompoundLoss,
}


def names() -> list[str]:
    """Names that `get` knows."""
    return list(_LOSSES)


def get(name: str, **arguments: Any) -> SegmentationLoss:
    """Build a loss by name.

    Args:
        name: one of `names()`.
        **arguments: of the loss. For `"compound"`, `losses` may be a list of names.

    Raises:
        ValueError: the name or an argument is unknown.

    Example:
        >>> get("tversky", alpha=0.4, beta=0.6)
    """
    if name not in _LOSSES:
        close = difflib.get_close_matches(str(name), _LOSSES, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"Unknown loss. {hint}Known: {', '.join(_LOSSES)}. Received: {name!r}")
    if name == "compound" and arguments.get("losses"):
        parts = [get(part) if isinstance(part, str) else part for part in arguments["losses"]]
        arguments = {**arguments, "losses": parts}
    try:
        return _LOSSES[name](**arguments)
    except TypeError as error:
        raise ValueError(f"The loss {name!r} does not take these arguments: {error}. Received: {arguments}") from error
