"""The tensors of one call of a loss, and the sums that losses are made of."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_rau.mask_faults import Labels
from keras_rau.pixel_values import check_distance, check_pixels, known_labels
from keras_rau.pixels import as_maps, check_ignore_value, counted_pixels, keep_counted

SMALLEST = 1e-7


@dataclass(frozen=True)
class Maps:
    """Truth and prediction of a batch, in float32.

    Attributes:
        truth: `(B, H, W, K)`, in [0, 1].
        prediction: `(B, H, W, K)`, probabilities or logits.
        weights: `(B, H, W, 1)`, or `None` where every pixel counts once.
        valid: bool `(B,)`, false for images whose loss must be NaN; see `keras_rau.pixel_values`.
        distance: signed distance to the border `(B, H, W, 1)` when `y_true` brought one, else `None`.
        activation: `"sigmoid"` or `"softmax"` when `prediction` holds logits, `None` when probabilities.
        axes: what `total` sums over: the pixels of an image, or of the whole batch.
    """

    truth: Any
    prediction: Any
    weights: Any
    valid: Any
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


def make_maps(loss: Any, y_true: Any, y_pred: Any, pixel_weight: Any, image_weight: Any) -> Maps:
    """Bring the arguments of a loss, a `SegmentationLoss`, to their common form, and check their values.

    What no pixel counts for may be anything, NaN too: it is replaced before anything is computed of it.

    Raises:
        ValueError: shapes do not fit, or (eagerly) a value is out of range.
    """
    truth, prediction = as_maps(y_true, "y_true"), as_maps(y_pred, "y_pred")
    weights = None if pixel_weight is None else as_maps(pixel_weight, "sample_weight")
    classes, distance = prediction.shape[-1], None
    if classes == 1 and truth.shape[-1] == 2 and loss.reads_distance:
        truth, distance = truth[..., :1], truth[..., 1:]
    activation = loss.activation
    if activation == "auto":
        activation = "sigmoid" if classes == 1 else "softmax"
    numbers = classes > 1 and truth.shape[-1] == 1
    _check_shapes(loss, truth, prediction, numbers)
    check_ignore_value(loss.ignore_value, truth.shape[-1])
    exclusive = classes > 1 and (loss.exclusive or loss.activation == "softmax" or loss.from_logits)
    labels = Labels(classes, numbers, exclusive and loss.activation != "sigmoid")
    counted = counted_pixels(truth, weights, image_weight, loss.ignore_value)
    prediction = keep_counted(counted, prediction)
    truth = keep_counted(counted_pixels(truth, None, None, loss.ignore_value), truth, labels.harmless)
    if counted is not None:
        # Labels of weight 0 stay: the structure loss looks for borders in them.
        truth = keep_counted(ops.logical_or(counted, known_labels(truth, labels)), truth, labels.harmless)
    if loss.ignore_value is not None:
        kept = ops.cast(counted, "float32")
        weights = kept if weights is None else keep_counted(counted, weights)
    valid = check_pixels(truth, prediction, labels, not loss.from_logits, f"Loss {loss.name}")
    if distance is not None:
        distance = keep_counted(counted, distance)
        valid = ops.logical_and(valid, check_distance(truth, distance, f"Loss {loss.name}"))
    if numbers:
        # Compared instead of ops.one_hot, which fails for 255 on PyTorch.
        truth = ops.cast(ops.equal(truth, ops.arange(classes, dtype="float32")), "float32")
    axes = (0, 1, 2) if loss.average == "batch" else (1, 2)
    return Maps(truth, prediction, weights, valid, distance, activation if loss.from_logits else None, axes)


def _check_shapes(loss: Any, truth: Any, prediction: Any, numbers: bool) -> None:
    shapes = f"y_true of shape {tuple(truth.shape)}, y_pred of shape {tuple(prediction.shape)}"
    if loss.exclusive and prediction.shape[-1] == 1:
        raise ValueError(f"The categorical cross-entropy needs several channels; for one use 'bce'. Received: {shapes}")
    if truth.shape[-1] > 1 and prediction.shape[-1] == 1:
        raise ValueError(
            f"Loss {loss.name} of one class takes a mask of one channel. Of one-hot masks (background, lesion) pass the "
            f"lesion's channel, `y_true[..., 1:]`, or build the model with classes={truth.shape[-1]}. A distance map as "
            f'second channel (`pipeline(target="distance")`) is for a loss with BoundaryLoss in it. Received: {shapes}'
        )
    if numbers and loss.activation == "sigmoid":
        raise ValueError(
            f"Loss {loss.name} with activation='sigmoid' is one of classes that may overlap, which need a mask each: pass "
            f"{prediction.shape[-1]} channels of 0 and 1. Received: {shapes}"
        )
    ours, theirs = tuple(truth.shape), tuple(prediction.shape)
    pairs = zip(ours[:3] if numbers else ours, theirs, strict=not numbers)
    if any(one is not None and other is not None and one != other for one, other in pairs):
        raise ValueError(
            "`y_true` and `y_pred` must have the same height, width and channels; for several classes `y_true` is one-hot "
            f"or holds class numbers. Received: {ours} and {theirs}"
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
