"""What a model gives, as probabilities, or an error of the image."""

import numpy as np

from keras_rau.errors import ExportError, OutputError
from keras_rau.outputs import Outputs

# Integers count probabilities in steps of 1/256, and a softmax rounds each channel apart.
_STEP = 1 / 256


def probabilities_of(values: np.ndarray, outputs: Outputs, name: str = "the model") -> np.ndarray:
    """Return probabilities in [0, 1].

    Args:
        values: what the model gave, `(B, H, W, K)`.
        outputs: what it says of them.
        name: of the model, for messages.

    Returns:
        The same shape.

    Raises:
        OutputError: a value is NaN, infinite or no probability, exclusive classes do not sum to 1, or what is said to be
            logits does.
        ExportError: the model has another number of channels.

    Example:
        >>> probabilities_of(np.zeros((1, 2, 2, 1), np.float32), Outputs(logits=True)).max()
        0.5
    """
    if values.ndim != 4 or values.shape[-1] != outputs.channels:
        raise ExportError(
            f"{name} must give (batch, height, width, {outputs.channels}), one channel for each of its classes "
            f"({', '.join(outputs.names)}). Received: shape {values.shape}"
        )
    # A sum is finite only where all values are, up to an overflow that the second look settles.
    if not np.isfinite(values.sum(dtype=np.float64)):
        _refuse(
            ~np.isfinite(values), values, name, "NaN or infinite. Its weights are damaged, or its training diverged"
        )
    if outputs.logits and outputs.kind == "exclusive" and values.size and _is_distribution(values):
        raise OutputError(
            f"{name} says that it gives logits, but its output is probabilities already: every pixel sums to 1. "
            "Leave logits=True out, or correct `classes` in the JSON file beside it."
        )
    found = outputs.probabilities(values)
    if found.size and not (found.min() >= -_STEP and found.max() <= 1 + _STEP):
        _refuse(
            (found < -_STEP) | (found > 1 + _STEP),
            values,
            name,
            "outside [0, 1]. If these are logits, say logits=True; otherwise give the model a last activation",
        )
    if outputs.kind == "exclusive":
        wrong = np.abs(found.sum(axis=-1, keepdims=True) - 1) > _STEP * outputs.channels
        if wrong.any():
            _refuse(
                wrong,
                found.sum(axis=-1, keepdims=True),
                name,
                f"no distribution over the classes {', '.join(outputs.names)}: sums differ from 1. If the classes overlap "
                "(sigmoids), say classes=Outputs(names, overlapping=True)",
            )
    return np.clip(found, 0, 1)


def _is_distribution(values: np.ndarray) -> bool:
    """Return whether the values of every pixel are shares that sum to 1, which logits never are all over an image."""
    return bool(values.min() >= 0 and values.max() <= 1 and (np.abs(values.sum(axis=-1) - 1) < 1e-4).all())


def _refuse(wrong: np.ndarray, values: np.ndarray, name: str, what: str) -> None:
    places = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    if not len(places):
        return
    first = int(places[0])
    one = values[first]
    known = one[np.isfinite(one)]
    span = f"values from {known.min():.4g} to {known.max():.4g}" if known.size else "no finite value"
    share = wrong[first].mean()
    which = f" for image {first + 1} of {len(values)}" if len(values) > 1 else ""
    raise OutputError(f"The output of {name}{which} is {what}. Received: {span}, {share:.1%} of them wrong")
