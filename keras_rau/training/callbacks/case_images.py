"""The same validation cases, drawn as training goes on."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_rau.evaluation.overlays import overlay
from keras_rau.training.callbacks.precision_recall import lesion_probability


class CaseImages:
    """Draw cases for TensorBoard: the image, the outlines of truth (green) and prediction (yellow), the probability.

    Args:
        names: of the cases.
        images: `(N, H, W, 3)` in [0, 255], as the model sees them.
        masks: `(N, H, W, 1)` of 0 and 1.

    Example:
        >>> images, masks = next(iter(val))
        >>> cases = training.CaseImages(["a", "b"], images[:2], masks[:2])
        >>> log = training.TensorBoardLog("logs", every=5, summaries=[cases])
    """

    def __init__(self, names: Sequence[str], images: Any, masks: Any) -> None:
        self.names = names
        self.images = np.asarray(images, np.float32)
        self.masks = np.asarray(masks, np.float32)

    def __call__(self, model: keras.Model, epoch: int) -> None:
        """Write the images of an epoch."""
        import tensorflow as tf

        probabilities = lesion_probability(model, self.images)
        for name, image, mask, probability in zip(self.names, self.images, self.masks, probabilities, strict=True):
            picture = _picture(image, mask[..., 0], probability)
            tf.summary.image(f"cases/{name}", picture[None], epoch)


def _picture(image: np.ndarray, mask: np.ndarray, probability: np.ndarray) -> np.ndarray:
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    outlined = overlay(pixels, truth=mask >= 0.5, prediction=probability >= 0.5)
    grey = np.repeat(np.rint(255 * probability).astype(np.uint8)[..., None], 3, axis=-1)
    return np.concatenate([pixels, outlined, grey], axis=1)
