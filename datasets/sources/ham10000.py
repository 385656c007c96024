"""HAM10000 with its lesion masks."""

import re
from pathlib import Path

from keras_rau.datasets.files import by_id, existing_folder, image_files, pair, read_table
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_ID = re.compile(r"(ISIC_\d{7})(_segmentation)?", re.IGNORECASE)


def ham10000(root: Path | str, unpaired: str = "raise") -> list[Sample]:
    """Samples of HAM10000; images of one lesion form a group.

    Args:
        root: folder that holds, at any depth, images `ISIC_nnnnnnn.jpg`, masks `ISIC_nnnnnnn_segmentation.png` and
            `HAM10000_metadata.csv` (or the same file without suffix, as the archive has it).
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: nothing of that kind is there, or files do not pair.
    """
    root = existing_folder(root)
    folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
    files = [path for folder in folders for path in image_files(folder)]
    images = by_id(files, lambda path: _identify(path, mask=False))
    masks = by_id(files, lambda path: _identify(path, mask=True))
    if not images and not masks:
        raise DataError(f"{root} does not look like HAM10000: no file ISIC_nnnnnnn.jpg was found in it.")
    tables = [path for folder in folders for path in sorted(folder.glob("HAM10000_metadata*")) if path.is_file()]
    table = read_table(tables[0], "image_id") if tables else {}
    return [
        Sample(
            name, image, mask, "ham10000", group=table.get(name, {}).get("lesion_id", ""), metadata=table.get(name, {})
        )
        for name, image, mask in pair(images, masks, root, unpaired)
    ]


def _identify(path: Path, mask: bool) -> str | None:
    match = _ID.fullmatch(path.stem)
    return match.group(1).upper() if match and bool(match.group(2)) == mask else None
