"""Losses by the names of configuration files and of the command line."""

from inspect import signature
from typing import Any

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.boundary import BoundaryLoss
from keras_rau.losses.combo import ComboLoss
from keras_rau.losses.compound import CompoundLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, WeightedBinaryCrossentropy
from keras_rau.losses.focal import FocalLoss
from keras_rau.losses.generalized_dice import GeneralizedDiceLoss
from keras_rau.losses.lovasz import LovaszLoss
from keras_rau.losses.overlap import DiceLoss, FocalTverskyLoss, JaccardLoss, TverskyLoss
from keras_rau.losses.structure import StructureLoss
from keras_rau.losses.unified_focal import UnifiedFocalLoss
from keras_rau.suggestion import did_you_mean, unknown_name

_LOSSES: dict[str, type[SegmentationLoss]] = {
    "bce": BinaryCrossentropy,
    "weighted_bce": WeightedBinaryCrossentropy,
    "cce": CategoricalCrossentropy,
    "focal": FocalLoss,
    "dice": DiceLoss,
    "generalized_dice": GeneralizedDiceLoss,
    "jaccard": JaccardLoss,
    "tversky": TverskyLoss,
    "focal_tversky": FocalTverskyLoss,
    "combo": ComboLoss,
    "compound": CompoundLoss,
    "unified_focal": UnifiedFocalLoss,
    "lovasz": LovaszLoss,
    "structure": StructureLoss,
    "boundary": BoundaryLoss,
}


def names() -> list[str]:
    """Names that `get` knows."""
    return list(_LOSSES)


def get(name: str, **arguments: Any) -> SegmentationLoss:
    """Build a loss by name.

    Args:
        name: one of `names()`.
        **arguments: of the loss. The parts of `"compound"` (`losses`) and the `region` of `"boundary"` may be names, or
            mappings of a name and arguments such as `{"name": "tversky", "alpha": 0.2}`.

    Raises:
        ValueError: the name or an argument is unknown or out of range.

    Example:
        >>> get("compound", losses=["bce", {"name": "tversky", "alpha": 0.4, "beta": 0.6}], weights=[1, 2])
    """
    if name not in _LOSSES:
        raise ValueError(unknown_name("loss", name, _LOSSES))
    if name == "compound" and arguments.get("losses") is not None:
        if not isinstance(arguments["losses"], (list, tuple)):
            raise ValueError(f"`losses` must be a list, such as [bce, dice]. Received: losses={arguments['losses']!r}")
        arguments = {**arguments, "losses": [_part(part) for part in arguments["losses"]]}
    if name == "boundary" and arguments.get("region") is not None:
        arguments = {**arguments, "region": _part(arguments["region"])}
    known = _argument_names(_LOSSES[name])
    unknown = [argument for argument in arguments if argument not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise ValueError(
            f"The loss {name!r} does not take this argument. {hint}Known: {', '.join(known)}. Received: {unknown[0]!r}"
        )
    try:
        return _LOSSES[name](**arguments)
    except TypeError as error:
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        raise ValueError(
            f"An argument of the loss {name!r} is of another type than it takes ({error}). Received: {given}"
        ) from error


def _argument_names(loss: type[SegmentationLoss]) -> list[str]:
    """Arguments of the constructor and of those it passes the rest on to."""
    found = [
        name for cls in loss.__mro__ if cls.__module__.startswith("keras_rau") for name in signature(cls).parameters
    ]
    return [name for name in dict.fromkeys(found) if name != "kwargs"]


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return get(part)
    if isinstance(part, dict):
        if "name" not in part:
            raise ValueError(f"A part of a loss needs a name, such as {{name: tversky, alpha: 0.2}}. Received: {part}")
        return get(**part)
    return part
