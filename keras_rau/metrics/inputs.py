"""Truth, prediction and weights of the pixels that a metric counts."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_rau.mask_faults import Labels
from keras_rau.pixel_values import check_pixels
from keras_rau.pixels import as_maps, check_ignore_value, counted_pixels, flatten_pixels, keep_counted


@dataclass(frozen=True)
class Pixels:
    """What a metric is computed from, float32.

    Attributes:
        truth: 0 or 1: `(B, N)` of one class, `(B, N, K)` of several.
        prediction: the lesion's probability `(B, N)`; of several classes which are found, 0 or 1, `(B, N, K)`.
        weights: `(B, N)`, 0 where a pixel does not count.
        valid: bool `(B,)`, false for images whose value must be NaN; see `keras_rau.pixel_values`.
    """

    truth: Any
    prediction: Any
    weights: Any
    valid: Any


def lesion_pixels(metric: Any, y_true: Any, y_pred: Any, pixel_weight: Any, image_weight: Any) -> Pixels:
    """Pixels of one class.

    Raises:
        ValueError: `y_pred` has several channels, `y_true` others than the metric's `target` says, or height and width
            differ.
    """
    truth, found = as_maps(y_true, "y_true"), as_maps(y_pred, "y_pred")
    _check_sides(truth, found)
    shapes = f"y_true of shape {tuple(truth.shape)}, y_pred of shape {tuple(found.shape)}"
    if found.shape[-1] != 1:
        raise ValueError(f"Metric {metric.name}: `y_pred` must have one channel. Received: {shapes}")
    if metric.target == "distance" and truth.shape[-1] == 2:
        truth = truth[..., :1]
    if truth.shape[-1] != 1:
        raise ValueError(
            f"Metric {metric.name} of one class takes a mask of one channel. Of one-hot masks (background, lesion) pass the "
            "lesion's channel, `y_true[..., 1:]`. Where the second channel is the distance map of a boundary loss say so, "
            f"target='distance'; our models say it by themselves. Received: {shapes}"
        )
    truth, found, weights, valid = _checked(
        metric, truth, found, pixel_weight, image_weight, Labels(), not metric.from_logits
    )
    truth, found = flatten_pixels(truth)[..., 0], flatten_pixels(found)[..., 0]
    found = ops.sigmoid(found) if metric.from_logits else found
    return Pixels(ops.cast(truth >= 0.5, "float32"), found, weights, valid)


def class_pixels(metric: Any, y_true: Any, y_pred: Any, pixel_weight: Any, image_weight: Any) -> Pixels:
    """Pixels of several classes, each true class and each predicted class 1.

    Raises:
        ValueError: `y_true` has neither one channel (class numbers) nor as many as `y_pred`, or height and width
            differ.
    """
    truth, found = as_maps(y_true, "y_true"), as_maps(y_pred, "y_pred")
    _check_sides(truth, found)
    classes, overlapping = found.shape[-1], metric.overlapping
    numbers = truth.shape[-1] == 1
    if truth.shape[-1] != classes and (overlapping or not numbers):
        wanted = (
            f"{classes} channels like `y_pred`, a mask each" if overlapping else f"class numbers or {classes} channels"
        )
        raise ValueError(
            f"Metric {metric.name}: `y_true` must hold {wanted}. Received: {truth.shape[-1]} channels in y_true"
        )
    labels = Labels(classes, numbers, exclusive=not overlapping)
    probabilities = overlapping and not metric.from_logits
    truth, found, weights, valid = _checked(metric, truth, found, pixel_weight, image_weight, labels, probabilities)
    truth, found = flatten_pixels(truth), flatten_pixels(found)
    channels = ops.arange(classes, dtype="float32")
    # Compared instead of ops.one_hot, which fails for 255 on PyTorch.
    is_class = ops.equal(truth, channels) if numbers else truth >= 0.5
    if overlapping:
        is_found = (ops.sigmoid(found) if metric.from_logits else found) >= metric.threshold
    else:
        is_found = ops.equal(ops.cast(ops.argmax(found, axis=-1), "float32")[..., None], channels)
    return Pixels(ops.cast(is_class, "float32"), ops.cast(is_found, "float32"), weights, valid)


def histogram(values: Any, probability: Any, bins: int) -> Any:
    """Sums of `values` `(B, N, C)` over the pixels of each bin of `probability` `(B, N)`: `(B, bins, C)`.

    The bins are `[k / bins, (k + 1) / bins)`; the last holds 1 too. One pass over the pixels, however many bins.
    """
    images, channels = ops.shape(values)[0], values.shape[-1]
    # Clipped as whole numbers, so that NaN cannot point outside either.
    bin_number = ops.clip(ops.cast(ops.floor(probability * bins), "int32"), 0, bins - 1)
    segment = bin_number + bins * ops.arange(images, dtype="int32")[:, None]
    sums = ops.segment_sum(ops.reshape(values, (-1, channels)), ops.reshape(segment, (-1,)), num_segments=images * bins)
    return ops.reshape(sums, (-1, bins, channels))


def _checked(
    metric: Any, truth: Any, found: Any, pixel_weight: Any, image_weight: Any, labels: Labels, probabilities: bool
) -> tuple[Any, Any, Any, Any]:
    """Truth and prediction, harmless where they do not count, weights `(B, N)` and which images are valid."""
    check_ignore_value(metric.ignore_value, truth.shape[-1])
    weights = ops.ones_like(truth[..., :1]) if pixel_weight is None else as_maps(pixel_weight, "sample_weight")
    counted = counted_pixels(truth, None if pixel_weight is None else weights, image_weight, metric.ignore_value)
    truth, found = keep_counted(counted, truth, labels.harmless), keep_counted(counted, found)
    valid = check_pixels(truth, found, labels, probabilities, f"Metric {metric.name}", warn=True)
    return truth, found, flatten_pixels(keep_counted(counted, weights))[..., 0], valid


def _check_sides(truth: Any, found: Any) -> None:
    """Flattened, 4×6 pixels and 6×4 would fit."""
    one, other = tuple(truth.shape[:3]), tuple(found.shape[:3])
    if any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=False)):
        raise ValueError(
            f"`y_true` and `y_pred` must have the same batch size, height and width. Received: {one} and {other}"
        )
