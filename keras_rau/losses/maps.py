"""The tensors of one call of a loss, and the sums that losses are made of."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_rau.pixels import as_maps

SMALLEST = 1e-7


@dataclass(frozen=True)
class Maps:
    """Truth and prediction of a batch, in float32.

    Attributes:
        truth: `(B, H, W, K)`, in [0, 1].
        prediction: `(B, H, W, K)`, probabilities or logits.
        weights: `(B, H, W, 1)`, or `None` where every pixel counts once.
        distance: signed distance to the border `(B, H, W, 1)` when `y_true` brought one, else `None`.
        activation: `"sigmoid"` or `"softmax"` when `prediction` holds logits, `None` when probabilities.
        axes: what `total` sums over: the pixels of an image, or of the whole batch.
    """

    truth: Any
    prediction: Any
    weights: Any
    distance: Any
    activation: str | None
    axes: tuple[int, ...]

    @property
    def classes(self) -> int:
        """K."""
        return self.prediction.shape[-1]

    def probability(self) -> Any:
        """Probabilities `(B, H, W, K)`."""
        if self.activation is None:
            return self.prediction
        function = ops.sigmoid if self.activation == "sigmoid" else ops.softmax
        return function(self.prediction)

    def log_probabilities(self) -> tuple[Any, Any]:
        """`log p` and `log(1 − p)`; exact for sigmoid logits of any size, else not below log 1e-7."""
        if self.activation == "sigmoid":
            return -ops.softplus(-self.prediction), -ops.softplus(self.prediction)
        p = self.probability()
        # Each on its own: 1 − 1e-7 is no float32.
        return ops.log(ops.clip(p, SMALLEST, 1.0)), ops.log(ops.clip(1 - p, SMALLEST, 1.0))

    def total(self, values: Any) -> Any:
        """Weighted sum over `axes`, `(B, K)`, or `(1, K)` over the whole batch."""
        summed = ops.sum(values if self.weights is None else values * self.weights, axis=self.axes)
        return summed if len(self.axes) == 2 else ops.expand_dims(summed, 0)

    def mean(self, values: Any) -> Any:
        """Weighted mean over `axes`; 0 where all weights are 0."""
        if self.weights is None:
            mean = ops.mean(values, axis=self.axes)
            return mean if len(self.axes) == 2 else ops.expand_dims(mean, 0)
        return self.total(values) / ops.maximum(self.total(ops.ones_like(self.weights)), SMALLEST)


def make_maps(
    y_true: Any,
    y_pred: Any,
    pixel_weight: Any,
    from_logits: bool,
    activation: str,
    ignore_value: float | None,
    over_batch: bool,
) -> Maps:
    """Bring the arguments of a loss to their common form; see `SegmentationLoss`.

    Raises:
        ValueError: shapes do not fit.
    """
    truth, prediction = as_maps(y_true, "y_true"), as_maps(y_pred, "y_pred")
    weights = None if pixel_weight is None else as_maps(pixel_weight, "sample_weight")
    classes, distance = prediction.shape[-1], None
    if classes == 1 and truth.shape[-1] == 2:
        truth, distance = truth[..., :1], truth[..., 1:]
    if ignore_value is not None:
        kept = ops.min(ops.cast(ops.not_equal(truth, ignore_value), "float32"), axis=-1, keepdims=True)
        # Not a product: what is to be ignored may be NaN.
        truth = ops.where(kept > 0, truth, 0.0)
        weights = kept if weights is None else weights * kept
    if classes > 1 and truth.shape[-1] == 1:
        truth = ops.one_hot(ops.cast(truth[..., 0], "int32"), classes, dtype="float32")
    _check(truth, prediction)
    if activation == "auto":
        activation = "sigmoid" if classes == 1 else "softmax"
    axes = (0, 1, 2) if over_batch else (1, 2)
    return Maps(truth, prediction, weights, distance, activation if from_logits else None, axes)


def _check(truth: Any, prediction: Any) -> None:
    pairs = zip(truth.shape, prediction.shape, strict=True)
    if any(one is not None and other is not None and one != other for one, other in pairs):
        raise ValueError(
            "`y_true` and `y_pred` must have the same height, width and channels; for several classes `y_true` is one-hot "
            f"or holds class numbers. Received: {tuple(truth.shape)} and {tuple(prediction.shape)}"
        )


def class_sums(maps: Maps) -> tuple[Any, Any, Any]:
    """`Σ p g`, `Σ p` and `Σ g` of every class, `(B, K)`; one channel counts as two classes, skin and lesion."""
    p, g = maps.probability(), maps.truth
    overlap, found, wanted = maps.total(p * g), maps.total(p), maps.total(g)
    if maps.classes > 1:
        return overlap, found, wanted
    # What is not lesion follows from the sums of the lesion and the number of pixels.
    pixels = maps.total(ops.ones_like(g))
    skin = (pixels - found - wanted + overlap, pixels - found, pixels - wanted)
    both = [ops.concatenate(pair, axis=-1) for pair in zip(skin, (overlap, found, wanted), strict=True)]
    return both[0], both[1], both[2]


def safe_power(values: Any, exponent: float) -> Any:
    """`values ** exponent` for values ≥ 0, with a finite gradient at 0 (where it is taken as 0)."""
    if exponent == 1:
        return values
    positive = values > SMALLEST
    return ops.where(positive, ops.power(ops.where(positive, values, 1.0), exponent), 0.0)


def with_settings(loss: keras.losses.Loss, **settings: Any) -> keras.losses.Loss:
    """A copy of `loss` with some arguments replaced."""
    return type(loss).from_config({**loss.get_config(), **settings})
