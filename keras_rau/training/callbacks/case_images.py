"""The same validation cases, drawn as training goes on."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_rau.evaluation.overlays import class_overlay
from keras_rau.export.outputs import outputs_of
from keras_rau.outputs import Outputs


class CaseImages:
    """Draw cases for TensorBoard: the image, the outlines of truth (green) and prediction (yellow), the probability.

    Of several classes the outlines have the colour of the class, those of the truth with a white rim, and the probability is
    that of any but the background.

    Args:
        names: of the cases.
        images: `(N, H, W, 3)` in [0, 255], as the model sees them.
        masks: `(N, H, W, 1)` of 0 and 1 or of class numbers, or `(N, H, W, K)` of overlapping classes.

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

        outputs = outputs_of(model)
        values = keras.ops.convert_to_numpy(model(self.images, training=False)).astype(np.float32)
        probabilities = np.clip(outputs.probabilities(values), 0, 1)
        for name, image, mask, probability in zip(self.names, self.images, self.masks, probabilities, strict=True):
            picture = _picture(image, mask, probability, outputs)
            tf.summary.image(f"cases/{name}", picture[None], epoch)


def _picture(image: np.ndarray, mask: np.ndarray, probability: np.ndarray, outputs: Outputs) -> np.ndarray:
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    # Of a distance target the second channel is no mask.
    truth = np.rint(mask if outputs.overlapping else mask[..., 0]).astype(np.uint8)
    found = outputs.decide(probability if outputs.channels > 1 else probability[..., 0])
    outlined = class_overlay(pixels, truth, found, outputs)
    any_class = 1 - probability[..., 0] if outputs.kind == "exclusive" else probability.max(axis=-1)
    grey = np.repeat(np.rint(255 * any_class).astype(np.uint8)[..., None], 3, axis=-1)
    return np.concatenate([pixels, outlined, grey], axis=1)
