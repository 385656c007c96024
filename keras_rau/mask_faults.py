"""Words for masks whose values no loss or metric knows: what was found, what is expected, what to do."""

from dataclasses import dataclass

import numpy as np

# Soft labels that were resized or stored in half precision end this little beside 0 and 1.
SLACK = 1e-3
SUM_SLACK = 1e-2
_SHOWN = 6


@dataclass(frozen=True)
class Labels:
    """What the values of a mask mean.

    Args:
        classes: channels of the prediction.
        numbers: the mask holds class numbers, else labels in [0, 1] of every channel.
        exclusive: the labels of a pixel sum to 1.
    """

    classes: int = 1
    numbers: bool = False
    exclusive: bool = False

    @property
    def harmless(self) -> float | list[float]:
        """The value that a pixel that does not count is given: background."""
        return [1.0] + [0.0] * (self.classes - 1) if self.exclusive and not self.numbers else 0.0

    @property
    def expected(self) -> str:
        """The values that are known."""
        if self.numbers:
            return f"the whole class numbers 0 to {self.classes - 1}, or one-hot labels of {self.classes} channels"
        if self.classes == 1:
            return "0 for background and 1 for lesion, or soft labels between"
        labels = f"one-hot labels of {self.classes} channels, 0, 1 or soft labels between"
        return f"{labels}, that sum to 1 in every pixel" if self.exclusive else labels


def remedies(labels: Labels) -> str:
    """Return advice for where the values cannot be seen."""
    numbers = "subtract 1 where classes count from 1" if labels.numbers else "one-hot class numbers"
    if labels.classes == 1:
        numbers = "turn class numbers into the mask of one class, `mask == k`"
    return f"Divide masks of 0 and 255 by 255; pass ignore_value=255 where 255 means void; {numbers}."


def mask_fault(values: np.ndarray, labels: Labels) -> str | None:
    """Say what is wrong with the values of a mask.

    Args:
        values: `(B, H, W, C)` of the pixels that count.
        labels: what the values mean.

    Returns:
        The sentence of an error, or `None` when every value is known.

    Example:
        >>> mask_fault(np.array([0.0, 255.0]).reshape(1, 1, 2, 1), Labels())[:32]
        '`y_true` must hold 0 for backgro'
    """
    bad = values[~_known(values, labels)]
    if not bad.size:
        sums = values.sum(axis=-1)
        if not labels.exclusive or labels.numbers or (np.abs(sums - 1) <= SUM_SLACK).all():
            return None
        wrong = sums[np.abs(sums - 1) > SUM_SLACK]
        return (
            f"`y_true` must hold {labels.expected}. Received: labels that sum to {_listed(wrong)}. Leave pixels without a "
            "class out by a sample weight of 0; classes that may overlap need activation='sigmoid' (a metric "
            "overlapping=True)."
        )
    found = np.unique(values)
    return f"`y_true` must hold {labels.expected}. Received: {_listed(found)}. {_remedy(found, labels)}"


def prediction_fault(values: np.ndarray) -> str | None:
    """Say that a prediction lies outside [0, 1]; NaN is no fault of this kind."""
    if not (np.abs(values - 0.5) > 0.5 + SLACK).any():
        return None
    return (
        f"`y_pred` must hold probabilities in [0, 1]. Received: values from {np.nanmin(values):g} to "
        f"{np.nanmax(values):g}. Pass from_logits=True for logits, or end the model with a sigmoid or softmax."
    )


def _known(values: np.ndarray, labels: Labels) -> np.ndarray:
    if labels.numbers:
        return (values == np.floor(values)) & (values >= 0) & (values <= labels.classes - 1)
    return np.abs(values - 0.5) <= 0.5 + SLACK


def _listed(values: np.ndarray) -> str:
    found = np.unique(values)
    shown = [f"{value:g}" for value in found[:_SHOWN]]
    if len(found) > _SHOWN:
        return f"{len(found)} different values from {found[0]:g} to {found[-1]:g}, such as {', '.join(shown)}"
    return "the values " + ", ".join(shown) if len(found) > 1 else f"the value {shown[0]}"


def _remedy(found: np.ndarray, labels: Labels) -> str:
    if np.isnan(found).any():
        return "Leave pixels without a label out: ignore_value=float('nan'), or a sample weight of 0 there."
    if labels.numbers and not _whole(found[np.isfinite(found)]):
        return "Class numbers are whole: resize masks by nearest neighbour; soft labels are one-hot."
    others = found[found != 255]
    classes = max(labels.classes, 2)
    if 255 in found and _whole(others) and others.size and others.min() >= 0 and others.max() < classes:
        if others.max() == 0:
            return "Divide the mask by 255; or pass ignore_value=255 where 255 means void."
        return "Pass ignore_value=255 if 255 means void; the pixels with this value then do not count."
    if labels.classes == 1 and found.size == 2 and found[0] == -1 and found[1] == 1:
        return "Masks of -1 and 1: take `(mask + 1) / 2`."
    if _whole(found) and found.min() >= 0 and found.max() <= 20:
        return _numbers_remedy(found, labels)
    if labels.classes == 1 and found.size == 2 and found[0] == 0:
        return "Masks of 0 and one other value: take `mask > 0`."
    if found.min() >= 0 and 1 < found.max() <= 255:
        return "Grey values of 8 bits: divide by 255, or take `mask >= 128`."
    return "Scale the mask to [0, 1]." if not labels.numbers else "Give every class its number, from 0."


def _numbers_remedy(found: np.ndarray, labels: Labels) -> str:
    if labels.classes == 1 and found.min() >= 1:
        # `mask > 0` would be lesion everywhere.
        return "No pixel is 0; the labels seem to count from 1: subtract 1, or take the mask of one class, `mask == k`."
    if labels.classes == 1:
        return (
            "These look like class numbers: take the mask of one class, `mask == k`, or of all, `mask > 0`; for several "
            "classes build the model with as many channels."
        )
    if not labels.numbers:
        return "These look like class numbers: pass them in one channel, or one-hot."
    if found.min() >= 1 and found.max() == labels.classes:
        return "Classes count from 0: subtract 1, or give the model one channel more for the background."
    return (
        f"Build the model with {int(found.max()) + 1} channels, or pass ignore_value for numbers that are not a class."
    )


def _whole(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())
