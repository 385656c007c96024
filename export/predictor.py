"""From an image of any size to its mask, whatever kind of file the model is in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from keras_rau.datasets.geometry import as_size, fit_image, restore
from keras_rau.datasets.preprocessing import preprocess
from keras_rau.errors import ExportError, UsageError
from keras_rau.export.backends import open_backend
from keras_rau.export.refinement import Refinement
from keras_rau.export.sidecar import read_sidecar, sidecar_steps


class Predictor:
    """Predict masks with a `.keras` file, a SavedModel folder or a `.tflite` file.

    Images are brought to the model's size and preprocessed as in training, and maps back to the image's own size. For
    `.tflite` neither TensorFlow nor Keras is imported. Safe to use from several threads.

    Args:
        path: the model.
        threshold: a pixel is lesion where its probability is at least this; what the file beside the model says, or 0.5.
        image_size: height and width to use with a model of any size; those of the training when known, else 256.
        threads: threads of a `.tflite` model; up to four when `None`.
        augment: average over mirrored (`"flips"`) or also turned images (`"dihedral"`), see `Refinement`.
        largest: keep the largest connected part of each mask alone.
        fill_holes: fill what the lesion encloses.

    Raises:
        ExportError: the model is missing, damaged, of another kind, or built for another size.
        UsageError: the threshold is no probability, or `augment` does not fit the model.

    Example:
        >>> mask = Predictor("out/model.tflite").predict(keras_rau.datasets.read_image("photo.jpg"))
    """

    def __init__(
        self,
        path: Path | str,
        threshold: float | None = None,
        image_size: int | tuple[int, int] | None = None,
        threads: int | None = None,
        augment: Literal["flips", "dihedral"] | None = None,
        largest: bool = False,
        fill_holes: bool = False,
    ) -> None:
        self.refinement = Refinement(augment, largest, fill_holes)
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"`threshold` must be a probability, from 0 to 1. Received: threshold={threshold}")
        self.path = Path(path)
        self.backend = open_backend(self.path, threads)
        self.info = read_sidecar(self.path)
        self.threshold = self.info.get("threshold", 0.5) if threshold is None else threshold
        self.resize = self.info.get("resize", "letterbox")
        self.preprocess = sidecar_steps(self.path)
        wanted = None if image_size is None else as_size(image_size)
        own = self.backend.size
        if own is not None and wanted not in (None, own):
            raise ExportError(
                f"{self.path} is built for images of {own[0]}×{own[1]} pixels. Received: image_size={image_size}"
            )
        self.size = own or wanted or tuple(self.info.get("image_size", (256, 256)))
        self.refinement.check_size(self.size)

    def predict(self, image: np.ndarray) -> np.ndarray:
        """Mask of an image.

        Args:
            image: uint8 `(H, W, 3)` RGB, `(H, W, 4)` with alpha, which is ignored, or `(H, W)` grey.

        Returns:
            uint8 `(H, W)` of 0 and 1.

        Raises:
            TypeError: it is no such array.
        """
        return self.to_mask(self.predict_proba(image))

    def to_mask(self, probability: np.ndarray) -> np.ndarray:
        """Mask, uint8 `(H, W)`, of a map of lesion probabilities `(H, W)`, cleaned as asked for."""
        return self.refinement.clean((probability >= self.threshold).astype(np.uint8))

    def predict_proba(self, image: np.ndarray) -> np.ndarray:
        """Lesion probability of an image, float32 `(H, W)`; arguments as of `predict`."""
        return self.predict_batch([image])[0]

    def predict_batch(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Lesion probabilities of several images of any sizes; arguments as of `predict`."""
        images = [_as_rgb(image) for image in images]
        if not images:
            return []
        batch = np.stack([self._feed(image) for image in images]).astype(np.float32)
        maps = lesion_maps(self.refinement.average(self.backend.run, batch))
        return [restore(found, image.shape[:2], self.resize) for found, image in zip(maps, images, strict=True)]

    def _feed(self, image: np.ndarray) -> np.ndarray:
        return preprocess(fit_image(image, self.size, self.resize), self.preprocess)


def lesion_maps(maps: np.ndarray) -> np.ndarray:
    """Lesion probability `(B, H, W)`; of several classes, whatever is not class 0, the background."""
    return maps[..., 0] if maps.shape[-1] == 1 else 1 - maps[..., 0]


def _as_rgb(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    known = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))
    if image.dtype != np.uint8 or not known or 0 in image.shape:
        raise TypeError(
            "An image is a uint8 array (height, width, 3), (height, width, 4) or (height, width). "
            f"Received: {image.dtype} of shape {image.shape}"
        )
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return image[..., :3]
