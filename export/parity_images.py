"""Images that an exported model is compared with its Keras model on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.files import existing_folder, image_files
from keras_rau.datasets.geometry import fit_image
from keras_rau.datasets.preprocessing import preprocess
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import ExportError

Images = Path | str | Sequence[Any] | None
PHANTOMS = 16


def parity_images(verify: Images, size: tuple[int, int], info: dict[str, Any] | None) -> tuple[list[np.ndarray], str]:
    """Images to compare models on, and what they are: a folder, files, arrays, or phantoms.

    They are resized and preprocessed as `info`, the content of the sidecar, says.

    Raises:
        DataError: a folder or file is missing or no image.
        ExportError: the folder holds no images.
        UsageError: `info` names unknown preprocessing steps.
    """
    info = info or {}

    def feed(image: np.ndarray) -> np.ndarray:
        return fed(image, size, info)

    if verify is None:
        drawn = [draw_phantom(0, index, max(32, *size))[0] for index in range(PHANTOMS)]
        return [feed(image) for image in drawn], "phantoms"
    if isinstance(verify, (str, Path)):
        folder = existing_folder(verify)
        files = image_files(folder)
        if not files:
            raise ExportError(f"There are no images in {folder} to compare the models on.")
        return [feed(read_image(file, bit_depth=info.get("bit_depth"))) for file in files], f"images of {folder.name}"
    images = [
        read_image(item, bit_depth=info.get("bit_depth")) if isinstance(item, (str, Path)) else np.asarray(item)
        for item in verify
    ]
    return [feed(image) for image in images], "images"


def fed(image: np.ndarray, size: tuple[int, int], info: dict[str, Any]) -> np.ndarray:
    """An image as a model sees it: at its size, with the preprocessing of its training."""
    fitted = fit_image(image, size, info.get("resize", "letterbox"))
    steps = info.get("preprocess")
    return preprocess(fitted, steps) if steps else fitted
