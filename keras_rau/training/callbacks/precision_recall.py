"""The precision-recall curve of all validation pixels."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from keras_rau.datasets.classes.description import IGNORED
from keras_rau.export.outputs import outputs_of

# TensorBoard's own number; with one it cannot draw.
_THRESHOLDS = 201


class PrecisionRecall:
    """Write a precision-recall curve for TensorBoard, as its plug-in reads it, of all pixels of a data set together.

    Args:
        data: batches of images in [0, 255] and masks `(B, H, W, 1)`, of whose channels the first is read; of several classes
            the curve is that of any but the background.

    Example:
        >>> log = training.TensorBoardLog("logs", every=5, summaries=[training.PrecisionRecall(val)])
    """

    def __init__(self, data: Iterable[Any]) -> None:
        self.data = data

    def __call__(self, model: keras.Model, epoch: int) -> None:
        """Write the curve of an epoch."""
        import tensorflow as tf
        from tensorboard.plugins.pr_curve.metadata import create_summary_metadata

        counts = np.zeros((2, _THRESHOLDS))
        for images, masks, *_ in self.data:
            lesion = any_class(np.asarray(masks), outputs_of(model).overlapping)
            bins = np.floor(lesion_probability(model, images) * (_THRESHOLDS - 1)).astype(int)
            counted = np.asarray(masks)[..., 0] != IGNORED
            chosen = (lesion & counted, ~lesion & counted)
            counts += [np.bincount(bins[some], minlength=_THRESHOLDS) for some in chosen]
        metadata = create_summary_metadata("lesion pixels", "all pixels of the validation images", _THRESHOLDS)
        tf.summary.write("pr_curve", tf.constant(curve(counts), tf.float32), epoch, metadata)


def any_class(masks: np.ndarray, overlapping: bool) -> np.ndarray:
    """Return where there is lesion, or any class but the background, `(B, H, W)`."""
    return (masks.max(axis=-1) if overlapping else masks[..., 0]) >= 0.5


def curve(counts: np.ndarray) -> np.ndarray:
    """True and false positives, true and false negatives, precision and recall, `(6, T)`, at thresholds from 0 to 1.

    Args:
        counts: lesion and background pixels by bin of probability, `(2, T)`; a bin begins at its threshold.
    """
    positives, negatives = counts.sum(axis=1, keepdims=True)
    true, false = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    # 0/0 is 1, as everywhere here.
    precision, recall = (
        np.divide(true, whole, out=np.ones_like(true), where=whole > 0)
        for whole in (true + false, np.broadcast_to(positives, true.shape))
    )
    return np.stack([true, false, negatives - false, positives - true, precision, recall])


def lesion_probability(model: keras.Model, images: Any) -> np.ndarray:
    """Probability `(B, H, W)` in [0, 1] of a batch; of several classes, that of any but the background."""
    output = keras.ops.convert_to_numpy(model(np.asarray(images), training=False)).astype(np.float32)
    outputs = outputs_of(model)
    found = np.clip(outputs.probabilities(output), 0, 1)
    return 1 - found[..., 0] if outputs.kind == "exclusive" else found.max(axis=-1)
