"""The ISIC 2018 challenge, task 1, in its official folders."""

import re
from pathlib import Path

from keras_rau.datasets.files import by_id, existing_folder, image_files, pair, read_table
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_PARTS = {"train": "Training", "val": "Validation", "test": "Test"}
_ID = re.compile(r"(ISIC_\d{7})", re.IGNORECASE)


def _image_id(path: Path) -> str | None:
    # The 2017 archives, often unpacked beside these, hold superpixels among the images.
    match = _ID.fullmatch(path.stem)
    return match.group(1).upper() if match else None


def _mask_id(path: Path) -> str | None:
    match = re.fullmatch(_ID.pattern + "_segmentation", path.stem, re.IGNORECASE)
    return match.group(1).upper() if match else None


def isic2018(root: Path | str, unpaired: str = "raise") -> list[Sample]:
    """Samples of ISIC 2018 task 1.

    Args:
        root: folder with `ISIC2018_Task1-2_Training_Input` and `ISIC2018_Task1_Training_GroundTruth`, and the same for
            `Validation` and `Test` where present; any number of folders may lie between. A `metadata.csv` with the
            column `image_id` beside them is joined.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: the folders are missing or their files do not pair.
    """
    root = existing_folder(root)
    found: list[tuple[str, Path, Path]] = []
    for split, word in _PARTS.items():
        for images in sorted(root.rglob(f"ISIC2018_Task1-2_{word}_Input")):
            masks = images.with_name(f"ISIC2018_Task1_{word}_GroundTruth")
            if not masks.is_dir():
                raise DataError(f"{images} has no masks: the folder {masks} is missing.")
            found.append((split, images, masks))
    if not found:
        raise DataError(
            f"{root} does not look like ISIC 2018: no folder ISIC2018_Task1-2_Training_Input was found in it. "
            "Unpack the official archives there, or use --dataset folder for folders of your own."
        )
    samples = []
    for split, images, masks in found:
        table = read_table(images.parent / "metadata.csv", "image_id")
        pairs = pair(by_id(image_files(images), _image_id), by_id(image_files(masks), _mask_id), images, unpaired)
        official = split if len(found) > 1 else None
        samples += [Sample(i, image, mask, "isic2018", official, metadata=table.get(i, {})) for i, image, mask in pairs]
    return samples
