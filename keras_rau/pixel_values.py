"""The check of what losses and metrics are given: an error where values can be seen, NaN where they cannot.

Eagerly a fault is a `ValueError` (of a metric a warning) that lists the values. In a TensorFlow graph it is an assertion with
our sentence. XLA drops assertions, and JAX has none in compiled code: there the result of a faulty image becomes NaN, by the
flags that are returned.
"""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau.mask_faults import SLACK, SUM_SLACK, Labels, mask_fault, prediction_fault, remedies

# What the warning of a metric ends with.
NO_RESULT = " The result is NaN until `reset_state`."
# In smaller ones every pixel may touch the border.
_SMALLEST_IMAGE = 64


def check_pixels(
    truth: Any, prediction: Any, labels: Labels, probabilities: bool, owner: str, warn: bool = False
) -> Any:
    """Refuse masks and probabilities outside their range, where they can be seen.

    Args:
        truth: `(B, …, C)`, with harmless values in pixels that do not count.
        prediction: `(B, …, K)`, likewise.
        labels: what the values of `truth` mean.
        probabilities: `prediction` must lie in [0, 1]; else it may hold anything but NaN.
        owner: the loss or metric, for the error.
        warn: warn eagerly instead of raising; what is computed of the flags will be NaN.

    Returns:
        bool `(B,)`: false for images with a fault or with a NaN in the prediction.

    Raises:
        ValueError: eagerly, when a mask holds values that are not labels, or a prediction some outside [0, 1].
    """
    fine = ops.logical_and(known_labels(truth, labels), _predicted(prediction, probabilities))
    valid = ops.all(fine, axis=tuple(range(1, len(fine.shape))))

    def fault() -> str | None:
        # JAX knows the result of a comparison where it only follows what was compared, for a gradient.
        masks, found = seen(truth), seen(prediction)
        said = None if masks is None else mask_fault(masks, labels)
        return prediction_fault(found) if said is None and probabilities and found is not None else said

    return _enforced(valid, fault, lambda: _assert(truth, prediction, labels, probabilities, owner), owner, warn)


def check_distance(truth: Any, distance: Any, owner: str) -> Any:
    """Refuse the second channel of one-hot masks as a distance to the border.

    Args:
        truth: `(B, H, W, 1)`, masks.
        distance: `(B, H, W, 1)`.
        owner: the loss, for the error.

    Returns:
        bool `(B,)`: false where `distance` is `1 - truth` in every pixel, as it is of no mask but a few of scattered pixels.

    Raises:
        ValueError: eagerly, when an image is of that kind.
    """
    sides = truth.shape[1:3]
    if None not in sides and sides[0] * sides[1] < _SMALLEST_IMAGE:
        return ops.ones(ops.shape(truth)[:1], "bool")
    same = ops.all(ops.abs(truth + distance - 1) < SLACK, axis=(1, 2, 3))
    # A mask that is full has no border, and the distance 0 everywhere.
    valid = ops.logical_not(ops.logical_and(same, ops.any(distance > SLACK, axis=(1, 2, 3))))
    fault = (
        "the second channel of `y_true` must hold signed distances to the border. Received: one minus the first, as one-hot "
        "masks hold. Make it with keras_rau.datasets.pipeline, whose target is then `distance`, or take another loss."
    )

    def fail() -> Any:
        import tensorflow as tf

        return _done([tf.debugging.Assert(tf.reduce_all(valid), [f"{owner}: {fault}"])])

    return _enforced(valid, lambda: fault, fail, owner, False)


def poisoned(valid: Any, values: Any) -> Any:
    """NaN in place of the values `(B, …)` of images that are not valid."""
    return ops.where(ops.reshape(valid, (-1,) + (1,) * (len(values.shape) - 1)), values, float("nan"))


def known_labels(truth: Any, labels: Labels) -> Any:
    """Return where the values of a mask are labels: bool `(B, …, C)`, `(B, …, 1)` where channels must sum to 1."""
    # Each comparison is false for NaN.
    if labels.numbers:
        half = (labels.classes - 1) / 2
        return ops.logical_and(ops.abs(truth - half) <= half, ops.equal(truth, ops.floor(truth)))
    inside = ops.abs(truth - 0.5) <= 0.5 + SLACK
    if not labels.exclusive:
        return inside
    one = ops.abs(ops.sum(truth, axis=-1, keepdims=True) - 1) <= SUM_SLACK
    return ops.logical_and(ops.all(inside, axis=-1, keepdims=True), one)


def _predicted(prediction: Any, probabilities: bool) -> Any:
    if probabilities:
        return ops.abs(prediction - 0.5) <= 0.5 + SLACK
    return ops.equal(prediction, prediction)


def seen(value: Any) -> np.ndarray | None:
    """Return the value, or `None` while a program is traced: each backend has its own error for that."""
    try:
        return ops.convert_to_numpy(value)
    except (TypeError, ValueError, NotImplementedError, RuntimeError, AttributeError):
        return None


def _enforced(valid: Any, fault: Callable[[], str | None], fail: Callable[[], Any], owner: str, warn: bool) -> Any:
    """`valid`, with the error that belongs to a false one where there can be one."""
    every = ops.all(valid)
    if isinstance(every, keras.KerasTensor):
        return valid
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.executing_eagerly():
            # Inside the branch, so that the steps of a sound training pay for one comparison only.
            with tf.control_dependencies([tf.cond(every, lambda: True, fail)]):
                return tf.identity(valid)
    sound = seen(every)
    found = None if sound is None or sound else fault()
    if found is not None and warn:
        warnings.warn(f"{owner}: {found}{NO_RESULT}", stacklevel=6)
    elif found is not None:
        raise ValueError(f"{owner}: {found}")
    return valid


def _assert(truth: Any, prediction: Any, labels: Labels, probabilities: bool, owner: str) -> Any:
    """Fail with our sentence and the extremes, in a TensorFlow graph; a NaN in the prediction does not.

    TensorFlow escapes quotes in what it prints: there are none.
    """
    import tensorflow as tf

    fine = known_labels(truth, labels)
    # The value that is furthest from its neighbours 0 and 1 need be neither extreme: a fraction among class numbers is not.
    culprit = tf.reduce_max(tf.where(fine, tf.fill(tf.shape(truth), -np.inf), truth)) if labels.numbers else None
    found = ["smallest", tf.reduce_min(truth), "largest", tf.reduce_max(truth)]
    found += [] if culprit is None else ["no class", culprit]
    sentence = f"{owner}: `y_true` must hold {labels.expected}. {remedies(labels)} Received:"
    checks = [tf.debugging.Assert(tf.reduce_all(fine), [sentence, *found])]
    if probabilities:
        sentence = (
            f"{owner}: `y_pred` must hold probabilities in [0, 1]. Pass from_logits=True for logits, or end the model with a "
            "sigmoid or softmax. Received:"
        )
        inside = tf.logical_not(tf.reduce_any(tf.abs(prediction - 0.5) > 0.5 + SLACK))
        extremes = ["smallest", tf.reduce_min(prediction), "largest", tf.reduce_max(prediction)]
        checks.append(tf.debugging.Assert(inside, [sentence, *extremes]))
    return _done(checks)


def _done(checks: list[Any]) -> Any:
    import tensorflow as tf

    # XLA, which has no assertions, gives None for them.
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tf.constant(True)
