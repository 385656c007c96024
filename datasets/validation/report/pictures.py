"""Thumbnails with the outline of the mask, inside the page."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from keras_rau.datasets.classes.reading import read_lesion
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

SIDE = 160
# Told from skin and lesion with any colour vision.
_OUTLINE = (0, 230, 118)


class Pictures:
    """Thumbnails of samples; each image is read once.

    Args:
        samples: the samples.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = {sample.id: sample for sample in samples}
        self._made: dict[str, str] = {}

    def source(self, name: str) -> str:
        """The address that holds the thumbnail of a sample; `""` where it cannot be read."""
        if name not in self._made:
            self._made[name] = self._draw(name)
        return self._made[name]

    def _draw(self, name: str) -> str:
        sample = self._samples.get(name)
        if sample is None:
            return ""
        try:
            image, mask = (
                read_lesion(sample) if sample.mask else (read_image(sample.image, bit_depth=sample.bit_depth), None)
            )
        except DataError:
            try:
                image, mask = read_image(sample.image, bit_depth=sample.bit_depth), None
            except DataError:
                return ""
        return data_uri(thumbnail(image, mask))


def thumbnail(image: np.ndarray, mask: np.ndarray | None, side: int = SIDE) -> np.ndarray:
    """A small copy, `side` pixels along its longer side, with the outline of the mask in green."""
    scale = side / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if mask is None:
        return small
    little = cv2.resize((mask > 0).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(little, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(small.copy(), contours, -1, _OUTLINE, 1)


def data_uri(image: np.ndarray) -> str:
    """An image as the address that holds it, a JPEG."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
