"""Weighted sums of losses."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_rau.losses.base import SHARED, SegmentationLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy
from keras_rau.losses.maps import Maps, with_settings
from keras_rau.losses.overlap import DiceLoss


@keras.saving.register_keras_serializable(package="keras_rau")
class CompoundLoss(SegmentationLoss):
    """A weighted sum of losses; by default cross-entropy plus Dice.

    `L = Σ wₖ Lₖ` per image, then averaged. The paper studies a compound loss whose formula is not in the parts we have; BCE +
    Dice with equal weights is our interpretation, after Ma et al., "Loss odyssey in medical image segmentation",
    MedIA 2021, which it cites.

    Args:
        losses: parts, other losses of this package. Their `from_logits`, `average`, `activation`, `include_background` and
            `ignore_value` are set to those given here.
        weights: one number per part; all 1 when `None`.
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`, in [0, 1]; see `SegmentationLoss`.

    Raises:
        ValueError: a part is not a loss of this package, weights are negative or not as many as parts.

    Example:
        >>> loss = CompoundLoss([DiceLoss(), BinaryCrossentropy()], weights=[1.0, 0.5])
    """

    def __init__(
        self,
        losses: Sequence[SegmentationLoss] | None = None,
        weights: Sequence[float] | None = None,
        name: str = "compound_loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        given = [BinaryCrossentropy(), DiceLoss()] if losses is None else list(losses)
        if not given:
            raise ValueError("`losses` must name at least one loss. Received: losses=[]")
        for part in given:
            if not isinstance(part, SegmentationLoss):
                raise ValueError(f"`losses` takes losses of keras_rau.losses. Received: {part!r}")
        self.losses = [with_settings(part, **{key: getattr(self, key) for key in SHARED}) for part in given]
        self.weights = [1.0] * len(given) if weights is None else [float(weight) for weight in weights]
        if len(self.weights) != len(given) or min(self.weights) < 0:
            raise ValueError(
                f"`weights` must be one number for each of the {len(given)} losses, none negative. "
                f"Received: weights={weights}"
            )

    def parts(self) -> Iterator[SegmentationLoss]:
        """This loss and its parts."""
        yield self
        for loss in self.losses:
            yield from loss.parts()

    def per_image(self, maps: Maps) -> Any:
        """The weighted sum, `(B, 1)`."""
        pairs = zip(self.weights, self.losses, strict=True)
        return sum(weight * part.per_class(maps) for weight, part in pairs)[:, None]

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        parts = [keras.saving.serialize_keras_object(part) for part in self.losses]
        return {**super().get_config(), "losses": parts, "weights": self.weights}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CompoundLoss":
        """Build the loss and its parts again."""
        parts = [keras.saving.deserialize_keras_object(part) for part in config["losses"]]
        return cls(**{**config, "losses": parts})
