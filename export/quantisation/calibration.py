"""Images that the ranges of an integer model are measured on."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.files import existing_folder, image_files, listed
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.errors import ExportError
from keras_rau.export.parity_images import fed

COUNT = 200
_LEAST = 8


@dataclass(frozen=True)
class Calibration:
    """A representative dataset.

    Attributes:
        images: float32 `(height, width, 3)` in [0, 255], at the model's size, preprocessed as in training.
        names: what they are, in order.
    """

    images: list[np.ndarray]
    names: list[str]


def calibration_images(
    source: Any, size: tuple[int, int], info: dict[str, Any], count: int = COUNT, seed: int = 0
) -> Calibration:
    """Choose images and feed them as in training; masks are left out.

    Args:
        source: a folder, files, arrays `(H, W, 3)`, or a `tf.data.Dataset` of images, or of images and masks, batched or
            not; or what this function gave before. Of files a random choice is taken, of the others the first.
        size: height and width of the model.
        info: content of the model's sidecar: `resize`, `preprocess`.
        count: how many to take at most.
        seed: of the choice.

    Raises:
        DataError: a folder or file is missing or no image.
        ExportError: there are none, or too few, or an array has another shape or other values than an image.

    Example:
        >>> len(calibration_images("ISIC2018/train", (224, 224), {}).images)
        200
    """
    if isinstance(source, Calibration):
        return source
    if count < _LEAST:
        raise ExportError(f"At least {_LEAST} images are needed to measure ranges on. Received: count={count}")
    if isinstance(source, (str, Path)) or _are_files(source):
        found = [*_from_files(_files(source), size, info, count, seed)]
    else:
        found = [*_from_arrays(source, size, info, count)]
    if len(found) < _LEAST:
        raise ExportError(
            f"{len(found)} images are too few to measure ranges on: at least {_LEAST}, better {COUNT}, as different as "
            "those that the model will see."
        )
    images = [image for _, image in found]
    _check_values(images)
    return Calibration(images, [name for name, _ in found])


def _check_values(images: Sequence[np.ndarray]) -> None:
    lowest, highest = min(float(image.min()) for image in images), max(float(image.max()) for image in images)
    # Interpolation and preprocessing may pass the ends by a little.
    if lowest < -1 or highest > 256 or highest <= 1:
        raise ExportError(
            f"Calibration images are plain pixels in [0, 255]. Received: values in [{lowest:.4g}, {highest:.4g}]"
        )


def _are_files(source: Any) -> bool:
    return isinstance(source, Sequence) and bool(source) and all(isinstance(item, (str, Path)) for item in source)


def _files(source: Any) -> list[Path]:
    if not isinstance(source, (str, Path)):
        return [Path(item) for item in source]
    folder = existing_folder(source)
    files = image_files(folder)
    if not files:
        raise ExportError(f"There are no images in {folder} to measure ranges on.")
    return files


def _from_files(
    files: Sequence[Path], size: tuple[int, int], info: dict[str, Any], count: int, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    masks, taken = [], 0
    for index in np.random.default_rng(seed).permutation(len(files)):
        if taken == count:
            break
        image = read_image(files[index], bit_depth=info.get("bit_depth"))
        if _is_mask(image):
            masks.append(files[index].name)
            continue
        taken += 1
        yield files[index].name, fed(image, size, info).astype(np.float32)
    if masks:
        warnings.warn(listed(f"Left out of the calibration as masks ({len(masks)})", sorted(masks)), stacklevel=2)


def _is_mask(image: np.ndarray) -> bool:
    return bool((image == image[..., :1]).all()) and len(np.unique(image)) <= 2


def _from_arrays(
    source: Iterable[Any], size: tuple[int, int], info: dict[str, Any], count: int
) -> Iterator[tuple[str, np.ndarray]]:
    number = 0
    for item in source:
        images = np.asarray(item[0] if isinstance(item, (tuple, list)) else item)
        for image in images if images.ndim == 4 else [images]:
            if number == count:
                return
            if image.ndim != 3 or image.shape[-1] != 3:
                raise ExportError(f"A calibration image is (height, width, 3). Received: shape {image.shape}")
            number += 1
            # Floats come out of a pipeline, which has fed them already.
            if image.dtype != np.uint8 and image.shape[:2] != tuple(size):
                raise ExportError(
                    f"A calibration image of floats must have the model's size, {size[0]}×{size[1]}; one of uint8 is "
                    f"resized. Received: shape {image.shape}"
                )
            yield (
                f"image {number}",
                fed(image, size, info).astype(np.float32) if image.dtype == np.uint8 else image.astype(np.float32),
            )
