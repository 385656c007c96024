"""Truth, prediction and weights of the pixels that a metric counts."""

from typing import Any

from keras import ops

from keras_rau.pixels import flatten_pixels


def lesion_pixels(
    y_true: Any, y_pred: Any, pixel_weight: Any, from_logits: bool, ignore_value: float | None
) -> tuple[Any, Any, Any]:
    """Truth (0 or 1), probability and weight of every pixel, float32 `(B, N)`.

    A second channel of `y_true` is the distance map of a boundary loss, which is none of a metric's business.

    Raises:
        ValueError: `y_pred` has several channels, `y_true` more than two, or height and width differ.
    """
    _check_sides(y_true, y_pred)
    truth, found = flatten_pixels(y_true, "y_true"), flatten_pixels(y_pred, "y_pred")
    if found.shape[-1] != 1 or truth.shape[-1] not in (1, 2):
        raise ValueError(
            "`y_pred` must have one channel, and `y_true` one, or two of which the second is a distance map. "
            f"Received: {found.shape[-1]} channels in y_pred, {truth.shape[-1]} in y_true"
        )
    truth, found = truth[..., 0], found[..., 0]
    weights = _weights(truth, pixel_weight)
    if ignore_value is not None:
        weights = weights * ops.cast(ops.not_equal(truth, ignore_value), "float32")
    return ops.cast(truth >= 0.5, "float32"), ops.sigmoid(found) if from_logits else found, weights


def class_pixels(y_true: Any, y_pred: Any, pixel_weight: Any, ignore_value: float | None) -> tuple[Any, Any, Any]:
    """True class and predicted class as one-hot float32 `(B, N, K)`, and weights `(B, N)`.

    Raises:
        ValueError: `y_true` has neither one channel (class numbers) nor as many as `y_pred`, or height and width differ.
    """
    _check_sides(y_true, y_pred)
    truth, found = flatten_pixels(y_true, "y_true"), flatten_pixels(y_pred, "y_pred")
    classes = found.shape[-1]
    if truth.shape[-1] not in (1, classes):
        raise ValueError(
            f"`y_true` must hold class numbers or {classes} channels like `y_pred`. "
            f"Received: {truth.shape[-1]} channels in y_true"
        )
    weights = _weights(truth[..., 0], pixel_weight)
    if ignore_value is not None:
        ignored = ops.any(ops.equal(truth, ignore_value), axis=-1)
        weights = weights * ops.cast(ops.logical_not(ignored), "float32")
    numbers = ops.arange(classes)
    # Compared instead of ops.one_hot, which fails for 255 on PyTorch.
    is_class = ops.equal(truth, ops.cast(numbers, "float32")) if truth.shape[-1] == 1 else truth >= 0.5
    predicted = ops.equal(ops.cast(ops.argmax(found, axis=-1), "int32")[..., None], ops.cast(numbers, "int32"))
    return ops.cast(is_class, "float32"), ops.cast(predicted, "float32"), weights


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


def _weights(like: Any, pixel_weight: Any) -> Any:
    return ops.ones_like(like) if pixel_weight is None else flatten_pixels(pixel_weight, "sample_weight")[..., 0]


def _check_sides(y_true: Any, y_pred: Any) -> None:
    """Flattened, 4×6 pixels and 6×4 would fit."""
    one, other = (tuple(ops.convert_to_tensor(values).shape[:3]) for values in (y_true, y_pred))
    if any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=False)):
        raise ValueError(
            f"`y_true` and `y_pred` must have the same batch size, height and width. Received: {one} and {other}"
        )
