"""What the channels of a model's output mean: classes, whether they overlap, logits or probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rau.errors import UsageError

BACKGROUND = "background"
LESION = "lesion"


def check_threshold(threshold: Any, name: str = "threshold") -> float:
    """Return a threshold of probabilities, or refuse what cuts nothing or everything.

    Args:
        threshold: a number above 0 and below 1.
        name: how the caller calls it, for the message.

    Raises:
        UsageError: it is not such a number.

    Example:
        >>> check_threshold(0.4)
        0.4
    """
    is_number = isinstance(threshold, (int, float, np.number)) and not isinstance(threshold, bool)
    # NaN is neither above 0 nor below 1.
    if not is_number or not 0 < threshold < 1:
        raise UsageError(f"`{name}` must be a probability above 0 and below 1. Received: {name}={threshold!r}")
    return float(threshold)


def _check_names(names: Any) -> None:
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise ValueError(f"Names of classes must be a list, one name for each channel. Received: names={names!r}")


@dataclass(frozen=True)
class Outputs:
    """The one description of a model's output that metrics, predictors, exports and reports ask.

    Three kinds exist:

    - one lesion class: a single channel, `names=("lesion",)`;
    - exclusive classes: K channels of a softmax, channel 0 is the background;
    - overlapping classes: K channels of sigmoids, each a mask of its own.

    Args:
        names: one name for each channel.
        overlapping: several channels are independent masks (sigmoids) instead of exclusive classes (softmax).
        logits: the output is taken before its activation.

    Raises:
        ValueError: there is no name, a name is empty, or two are the same.

    Example:
        >>> Outputs(("background", "nevus", "melanoma")).kind
        'exclusive'
    """

    names: tuple[str, ...] = (LESION,)
    overlapping: bool = False
    logits: bool = False

    def __post_init__(self) -> None:
        _check_names(self.names)
        for key in ("overlapping", "logits"):
            if not isinstance(getattr(self, key), (bool, np.bool_)):
                raise ValueError(f"`{key}` must be True or False. Received: {key}={getattr(self, key)!r}")
        names = tuple(str(name) for name in self.names)
        if not names or not all(name.strip() for name in names) or len(set(names)) < len(names):
            raise ValueError(
                f"Classes need one distinct, non-empty name for each channel. Received: names={list(self.names)}"
            )
        object.__setattr__(self, "names", names)
        if len(names) == 1:
            object.__setattr__(self, "overlapping", False)

    @property
    def channels(self) -> int:
        """Number of channels of the output."""
        return len(self.names)

    @property
    def kind(self) -> str:
        """`"lesion"`, `"exclusive"` or `"overlapping"`."""
        if self.channels == 1:
            return "lesion"
        return "overlapping" if self.overlapping else "exclusive"

    @property
    def foreground(self) -> tuple[str, ...]:
        """Names of the classes that get a mask: all but the background."""
        return self.names[1:] if self.kind == "exclusive" else self.names

    @property
    def labels(self) -> list[str]:
        """Names of the values of a class map: `["background", "lesion"]` for one lesion class."""
        return [BACKGROUND, *self.names] if self.channels == 1 else list(self.names)

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """Return probabilities `(…, K)` from the model's output `(…, K)`."""
        if not self.logits:
            return values
        if self.kind == "exclusive":
            powers = np.exp(values - values.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        # Both branches are finite, so that large logits cannot overflow.
        small = np.exp(-np.abs(values))
        return np.where(values >= 0, 1 / (1 + small), small / (1 + small))

    def decide(self, probabilities: np.ndarray, threshold: float = 0.5) -> np.ndarray:
        """Return the mask of probabilities.

        Args:
            probabilities: `(H, W)` of one lesion class, else `(H, W, K)`.
            threshold: a pixel belongs to a class where its probability is at least this; above 0 and below 1. Exclusive
                classes are decided by the largest probability instead.

        Returns:
            uint8: `(H, W)` of 0 and 1 for one lesion class, `(H, W)` of class numbers 0..K-1 for exclusive classes,
            `(H, W, K)` of 0 and 1 for overlapping classes.

        Raises:
            UsageError: the threshold is out of range.
        """
        check_threshold(threshold)
        if self.kind == "exclusive":
            return probabilities.argmax(axis=-1).astype(np.uint8)
        return (probabilities >= threshold).astype(np.uint8)

    def class_masks(self, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Return the mask, uint8 `(H, W)` of 0 and 1, of every class but the background from what `decide` returned."""
        if self.kind == "lesion":
            return {self.names[0]: mask}
        if self.kind == "overlapping":
            return {name: mask[..., channel] for channel, name in enumerate(self.names)}
        return {name: (mask == number).astype(np.uint8) for number, name in enumerate(self.names) if number}

    def to_config(self) -> dict[str, Any]:
        """Return what sidecars and configuration files hold."""
        return {"names": list(self.names), "overlapping": self.overlapping, "logits": self.logits}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Outputs":
        """Return the description that `to_config` wrote."""
        return cls(config["names"], config.get("overlapping", False), config.get("logits", False))

    @classmethod
    def of(cls, channels: int, names: Sequence[str] | None = None, activation: Any = "auto") -> "Outputs":
        """Return the description of `channels` channels with a Keras activation.

        Args:
            channels: K.
            names: of the channels; `lesion`, or `background`, `class_1`, … when `None`.
            activation: `"sigmoid"`, `"softmax"`, `"auto"` (sigmoid for one channel, softmax for several), or `None` or
                `"linear"` for logits, whose several channels are taken for exclusive classes.
        """
        # Keras takes the functions themselves, too.
        activation = getattr(activation, "__name__", activation)
        overlapping = channels > 1 and activation == "sigmoid"
        if names is None:
            first = 1 if overlapping or channels == 1 else 0
            names = [f"class_{number}" for number in range(first, channels + first)]
            if channels == 1:
                names = [LESION]
            elif not overlapping:
                names[0] = BACKGROUND
        _check_names(names)
        if len(names) != channels:
            raise ValueError(f"{channels} channels need {channels} names. Received: names={list(names)}")
        return cls(tuple(names), overlapping, activation in (None, "linear"))
