"""The PH2 database in its original tree."""

import re
from pathlib import Path

from keras_rau.datasets.files import by_id, existing_folder, pair, read_table
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError

_IMAGE, _MASK = re.compile(r"(IMD\d+)", re.IGNORECASE), re.compile(r"(IMD\d+)_lesion", re.IGNORECASE)


def _identify(pattern: re.Pattern[str], path: Path) -> str | None:
    match = pattern.fullmatch(path.stem)
    return match.group(1).upper() if match else None


def ph2(root: Path | str, unpaired: str = "raise") -> list[Sample]:
    """Samples of PH2: `IMDnnn/IMDnnn_Dermoscopic_Image/IMDnnn.bmp` and `IMDnnn/IMDnnn_lesion/IMDnnn_lesion.bmp`.

    Args:
        root: folder with the tree at any depth. A `metadata.csv` with the columns `image_id` and, say, `diagnosis`
            right in it is joined.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: nothing of that kind is there, or files do not pair.
    """
    root = existing_folder(root)
    files = sorted(path for path in root.rglob("*.[bB][mM][pP]") if not path.name.startswith("."))
    images = by_id(files, lambda path: _identify(_IMAGE, path))
    masks = by_id(files, lambda path: _identify(_MASK, path))
    if not images and not masks:
        raise DataError(f"{root} does not look like PH2: no file IMDnnn.bmp was found in it.")
    table = read_table(root / "metadata.csv", "image_id")
    return [Sample(i, a, b, "ph2", metadata=table.get(i, {})) for i, a, b in pair(images, masks, root, unpaired)]
