"""Anybody's own images and masks."""

from pathlib import Path

from keras_rau.datasets.files import by_id, existing_folder, image_files, pair, warn_of_others
from keras_rau.datasets.samples import Sample

_SUFFIXES = ("_segmentation", "_mask", "_lesion")


def folder(root: Path | str, images: str = "images", masks: str = "masks", unpaired: str = "raise") -> list[Sample]:
    """Samples of two folders; a mask is called like its image, with `_segmentation`, `_mask` or `_lesion` or without.

    Args:
        root: folder that holds both.
        images: folder of the images within it.
        masks: folder of the masks within it.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: a folder is missing, or files do not pair.
    """
    root = existing_folder(root)
    image_folder, mask_folder = existing_folder(root / images), existing_folder(root / masks)
    for part in (image_folder, mask_folder):
        warn_of_others(part)
    found = pair(
        by_id(image_files(image_folder), lambda path: path.stem), by_id(image_files(mask_folder), _stem), root, unpaired
    )
    return [Sample(name, image, mask, "folder") for name, image, mask in found]


def _stem(path: Path) -> str:
    for suffix in _SUFFIXES:
        if path.stem.lower().endswith(suffix):
            return path.stem[: -len(suffix)]
    return path.stem
