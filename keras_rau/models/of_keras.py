"""Losses and metrics of Keras itself in our models: which read probabilities, and which masks they know.

They compute a number of whatever they are given. Losses and metrics of users, which may read what they like, are left alone.
"""

from typing import Any

import keras

from keras_rau.mask_faults import Labels
from keras_rau.pixel_values import check_pixels
from keras_rau.pixels import as_maps, counted_pixels, keep_counted, split_weight

# Losses of masks whose values lie in [0, 1], a channel for each of the output.
_OF_CHANNELS = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "dice",
    "tversky",
    "mean_squared_error",
    "mean_absolute_error",
)
_OF_NUMBERS = "sparse_categorical_crossentropy"
# What cuts probabilities, or is computed of them, and cannot be told that there are logits.
_OF_PROBABILITIES = ("dice", "tversky", "binary_accuracy", "accuracy", "acc")
_METRICS_OF_PROBABILITIES = (
    "AUC",
    "BinaryAccuracy",
    "BinaryIoU",
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "PrecisionAtRecall",
    "Recall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
    "TrueNegatives",
    "TruePositives",
)


def reads_probabilities(one: Any, exclusive: bool) -> bool:
    """Return whether a loss or metric of Keras takes logits for probabilities, and has not been told of another threshold.

    Args:
        one: a loss or metric, a function or a name.
        exclusive: of an output of exclusive classes; `"accuracy"` takes the largest channel then.
    """
    name = one if isinstance(one, str) else _function_name(one)
    if name in _OF_PROBABILITIES and not (exclusive and name in ("accuracy", "acc")):
        return True
    kind = type(one)
    if (
        isinstance(one, str)
        or not kind.__module__.startswith("keras.src.")
        or kind.__name__ not in (_METRICS_OF_PROBABILITIES)
    ):
        return False
    settings = one.get_config()
    threshold = settings.get("threshold", settings.get("thresholds"))
    return not settings.get("from_logits") and threshold in (None, 0.5, [0.5])


def known_targets(loss: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """Refuse masks that a loss of Keras does not know, where they can be seen.

    Args:
        loss: what a model is compiled with; losses that are not Keras's are left alone.
        y: `(B, H, W[, C])`.
        y_pred: `(B, H, W, K)`.
        sample_weight: weights of images or pixels; where they are 0 a mask may hold anything.

    Returns:
        bool `()`: false where the loss must be NaN, see `keras_rau.pixel_values`. `None` where nothing was looked at.

    Raises:
        ValueError: channels do not fit, or (eagerly) a mask holds values that are no labels.
    """
    if y is None or isinstance(y, (dict, list, tuple)) or len(y.shape) not in (3, 4):
        return None
    valid = None
    for one in keras.tree.flatten(loss):
        name = _function_name(keras.losses.get(one) if isinstance(one, str) else one)
        if name in _OF_CHANNELS or name == _OF_NUMBERS:
            found = _known(one, name, y, y_pred, sample_weight)
            valid = found if valid is None else keras.ops.logical_and(valid, found)
    return valid


def _known(one: Any, name: str, y: Any, y_pred: Any, sample_weight: Any) -> Any:
    truth, found = as_maps(y, "y_true"), as_maps(y_pred, "y_pred")
    classes, numbers = found.shape[-1], name == _OF_NUMBERS
    wanted = 1 if numbers else classes
    if truth.shape[-1] != wanted:
        words = "class numbers in one channel" if numbers else f"masks of {wanted} channels, as many as the model has"
        raise ValueError(
            f"Loss {name} takes {words}. Of one-hot masks (background, lesion) pass the lesion's channel, `y[..., 1:]`, to a "
            "model of one channel; the losses of keras_rau take class numbers and one-hot masks. Received: y_true of shape "
            f"{tuple(truth.shape)}, y_pred of shape {tuple(found.shape)}"
        )
    try:
        image_weight, pixel_weight = split_weight(sample_weight, y)
    except ValueError:
        # Keras knows more shapes of weights.
        image_weight = pixel_weight = None
    weights = None if pixel_weight is None else as_maps(pixel_weight, "sample_weight")
    labels = Labels(classes, numbers, exclusive=name.startswith("categorical"))
    counted = counted_pixels(truth, weights, image_weight, getattr(one, "ignore_class", None))
    truth, found = keep_counted(counted, truth, labels.harmless), keep_counted(counted, found)
    # Of predictions only masks are asked here: NaN in them is NaN in these losses, too.
    valid = check_pixels(truth, keras.ops.zeros_like(found), labels, False, f"Loss {name}")
    return keras.ops.all(valid)


def _function_name(one: Any) -> str | None:
    """The name of a function of Keras, or of the one that a loss of Keras calls."""
    function = getattr(one, "fn", one)
    of_keras = getattr(function, "__module__", "").startswith("keras.src.")
    return getattr(function, "__name__", None) if of_keras else None
