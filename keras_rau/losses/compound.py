"""Weighted sums of losses."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy
from keras_rau.losses.overlap import DiceLoss


@keras.saving.register_keras_serializable(package="keras_rau")
class CompoundLoss(SegmentationLoss):
    """A weighted sum of losses; by default cross-entropy plus Dice.

    `L = Σ wₖ Lₖ` per image, then averaged. The paper studies a compound loss whose formula is not in the parts we have; BCE +
    Dice with equal weights is our interpretation, after Ma et al., "Loss odyssey in medical image segmentation",
    MedIA 2021, which it cites.

    Args:
        losses: parts, other losses of this package; their `from_logits`, `ignore_value` are set to those given here.
        weights: one number per part; all 1 when `None`.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value count nothing.
        **kwargs: `reduction`, `name`, `dtype` of `keras.losses.Loss`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1].

    Raises:
        ValueError: a part is no loss of this package, weights are negative or not as many as parts.

    Example:
        >>> loss = CompoundLoss([DiceLoss(), BinaryCrossentropy()], weights=[1.0, 0.5])
    """

    def __init__(
        self,
        losses: Sequence[SegmentationLoss] | None = None,
        weights: Sequence[float] | None = None,
        from_logits: bool = False,
        ignore_value: float | None = None,
        name: str = "compound_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_value=ignore_value, name=name, **kwargs)
        parts = [BinaryCrossentropy(), DiceLoss()] if losses is None else list(losses)
        for part in parts:
            if not isinstance(part, SegmentationLoss):
                raise ValueError(f"`losses` takes losses of keras_rau.losses. Received: {part!r}")
        self.losses = [_with(part, from_logits=from_logits, ignore_value=ignore_value) for part in parts]
        self.weights = [1.0] * len(parts) if weights is None else [float(weight) for weight in weights]
        if not parts or len(self.weights) != len(parts) or min(self.weights) < 0:
            raise ValueError(
                f"`weights` must be one number for each of the {len(parts)} losses, none negative. "
                f"Received: weights={weights}"
            )

    def per_image(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """The weighted sum."""
        pairs = zip(self.weights, self.losses, strict=True)
        return sum(factor * part.per_image(y_true, y_pred, weights) for factor, part in pairs)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        parts = [keras.saving.serialize_keras_object(part) for part in self.losses]
        return {**super().get_config(), "losses": parts, "weights": self.weights}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CompoundLoss":
        """Build the loss and its parts again."""
        parts = [keras.saving.deserialize_keras_object(part) for part in config["losses"]]
        return cls(**{**config, "losses": parts})


def _with(loss: SegmentationLoss, **settings: Any) -> SegmentationLoss:
    return type(loss).from_config({**loss.get_config(), **settings})
