"""The description of a model's output, from whatever says something of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from keras_rau.errors import ExportError, UsageError
from keras_rau.outputs import LESION, Outputs

Classes = Outputs | Sequence[str] | None
_HOW = (
    'Say so with `classes`: keras_rau.outputs.Outputs(("background", "nevus", "melanoma")) for exclusive classes (softmax), '
    "Outputs(names, overlapping=True) for masks of their own (sigmoids); with logits=True where no activation follows."
)


def outputs_of(
    source: Any,
    info: dict[str, Any] | None = None,
    *,
    classes: Classes = None,
    logits: bool | None = None,
    channels: int | None = None,
    name: str = "the model",
) -> Outputs:
    """Return what the channels of a model's output mean.

    The first of these counts: what a model of this package says of itself; the `classes` of its sidecar; the last activation
    of another Keras model; a single channel, which is one lesion class.

    Args:
        source: a Keras model, or the content of a sidecar.
        info: content of the sidecar of a Keras model.
        classes: names of the channels, or the whole description, of a model that does not tell them.
        logits: the output is taken before its activation; of a model that does not tell it.
        channels: how many the output has, where `source` is a sidecar.
        name: of the model, for messages.

    Raises:
        ExportError: the model cannot be told apart, or its sidecar says something else.
        UsageError: `classes` or `logits` contradict the model.

    Example:
        >>> outputs_of(models.UNet(classes=3)).names
        ('background', 'class_1', 'class_2')
    """
    model, info = (None, source) if isinstance(source, dict) else (source, info or {})
    if model is not None:
        channels = _channels(model, name)
    stated = _stated(info, name)
    own = getattr(model, "output_description", None)
    known = _named(own, stated, name) if own is not None else stated
    if channels is None:  # a graph that does not fix them; what it gives is compared when it runs
        given = classes.channels if isinstance(classes, Outputs) else len(classes or (LESION,))
        channels = known.channels if known else given
    if known is not None:
        if known.channels != channels:
            raise ExportError(
                f"The output of {name} has {channels} channels, but its description names {known.channels} classes: "
                f"{', '.join(known.names)}. Correct `classes` in the JSON file beside it, or export the model again."
            )
        return _adjusted(known, classes, logits, name)
    return _of_foreign(model, channels, classes, logits, name)


def _channels(model: Any, name: str) -> int:
    tensors = getattr(model, "outputs", None) or []
    shape = tuple(tensors[0].shape) if len(tensors) == 1 else ()
    if len(shape) != 4 or shape[-1] is None:
        raise ExportError(
            f"{name} must have one output (batch, height, width, channels). Received: "
            f"{[tuple(tensor.shape) for tensor in tensors]}"
        )
    return int(shape[-1])


def _stated(info: dict[str, Any], name: str) -> Outputs | None:
    if info.get("classes") is None:
        return None
    try:
        return Outputs.from_config(info["classes"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(
            f"`classes` in the JSON file of {name} is not a description of classes: {error}. Export the model again."
        ) from error


def _named(own: Outputs, stated: Outputs | None, name: str) -> Outputs:
    """Return the model's own description, with the names of the sidecar where it has none."""
    if stated is None:
        return own
    if (stated.channels, stated.overlapping) != (own.channels, own.overlapping):
        raise ExportError(
            f"{name} has {own.channels} channels ({own.kind}), but the JSON file beside it says {stated.channels} "
            f"({stated.kind}): it belongs to another model. Remove it or put the right one there."
        )
    unnamed = Outputs.of(own.channels, None, "sigmoid" if own.overlapping else "softmax").names
    return replace(own, names=stated.names) if own.names == unnamed else own


def _adjusted(known: Outputs, classes: Classes, logits: bool | None, name: str) -> Outputs:
    if isinstance(classes, Outputs):
        if (classes.channels, classes.overlapping, classes.logits) != (known.channels, known.overlapping, known.logits):
            raise UsageError(f"{name} says of itself {known}. Received: classes={classes}")
        return classes
    if logits is not None and logits != known.logits:
        gives = "logits" if known.logits else "probabilities"
        raise UsageError(f"{name} says of itself that it gives {gives}. Received: logits={logits}")
    return known if classes is None else replace(known, names=_checked_names(classes, known.channels, name))


def _checked_names(classes: Sequence[str], channels: int, name: str) -> tuple[str, ...]:
    if isinstance(classes, str) or len(classes) != channels:
        raise UsageError(f"The output of {name} has {channels} channels. Received: classes={classes!r}")
    return tuple(classes)


def _of_foreign(model: Any, channels: int, classes: Classes, logits: bool | None, name: str) -> Outputs:
    if isinstance(classes, Outputs):
        if classes.channels != channels:
            raise UsageError(f"The output of {name} has {channels} channels. Received: classes={classes}")
        return classes if logits is None else replace(classes, logits=logits)
    names = None if classes is None else _checked_names(classes, channels, name)
    activation = None
    if model is not None:
        from keras_rau.keras_internals import last_activation

        activation = last_activation(model)
    if activation in ("sigmoid", "softmax"):
        if logits:
            raise UsageError(f"The last activation of {name} is {activation!r}. Received: logits=True")
        if activation == "softmax" and channels == 1:
            raise ExportError(f"{name} ends in a softmax over one channel, which is 1 everywhere. Give it a sigmoid.")
        return Outputs.of(channels, names, activation)
    if channels > 1:
        raise ExportError(f"{name} does not say what its {channels} channels are. {_HOW}")
    if activation == "linear" and logits is None:
        raise ExportError(
            f"The last layer of {name} has no activation, so that it may give logits. Say logits=True, or logits=False where "
            "its values are probabilities."
        )
    return Outputs(names or (LESION,), logits=bool(logits))
