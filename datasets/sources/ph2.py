"""The PH2 database, in its original tree or flattened."""

import re
from collections.abc import Sequence
from pathlib import Path

from keras_rau.datasets.files import is_image
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.archives import list_archives, packed_remark
from keras_rau.datasets.sources.pairing import by_id, check_unpaired, pair
from keras_rau.datasets.sources.ph2_tables import read_ph2_text, read_ph2_workbook
from keras_rau.datasets.sources.scanning import Tree, list_others, scan
from keras_rau.datasets.sources.tables import Table, join, read_table
from keras_rau.errors import DataError

_NAME = re.compile(r"(IMD\d+)(_lesion|_mask|_segmentation)?", re.IGNORECASE)
# Binary images of the colours in a lesion, which the original tree has beside the mask.
_COLOUR_REGION = re.compile(r"IMD\d+_R\d+_Label\d+", re.IGNORECASE)
_MASK_FOLDER = re.compile(r"mask|lesion|segment|ground.?truth|label|annotation", re.IGNORECASE)
_EXTRAS = {"ph2_dataset.txt", "ph2_dataset.xlsx", "metadata.csv"}


def ph2(root: Path | str, unpaired: str = "raise") -> Listing:
    """Samples of PH2: images `IMDnnn.bmp` and masks `IMDnnn_lesion.bmp`.

    Args:
        root: folder that holds them at any depth: the original tree, or flattened copies with masks beside the images or in
            a folder whose name speaks of masks (`IMDnnn.bmp` there is a mask), also as PNG or JPEG. `PH2_dataset.txt`,
            `PH2_dataset.xlsx` and a `metadata.csv` with the column `image_id` are joined.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: nothing of that kind is there.
    """
    check_unpaired(unpaired)
    listing = Listing()
    tree = scan(root, listing)
    list_archives(tree.all_files(), listing)
    files = [path for path in tree.all_files() if is_image(path)]
    images, masks = by_id(files, _image_id, listing), by_id(files, _mask_id, listing)
    if not images and not masks:
        raise DataError(
            f"{tree.root} does not look like PH2: no file IMDnnn.bmp was found in it.{packed_remark(listing)}"
        )
    used = {path for path in files if _NAME.fullmatch(path.stem) or _COLOUR_REGION.fullmatch(path.stem)}
    around = tree.folders_around(used)
    list_others(tree, around, used, listing, _EXTRAS)
    pairs = pair(images, masks, tree.root, listing, unpaired)
    known = join(_tables(tree, around, listing), images, listing, tree.root)
    listing.samples = [Sample(i, image, mask, "ph2", metadata=known.get(i, {})) for i, image, mask in pairs]
    return listing


def _in_mask_folder(path: Path) -> bool:
    # IMDnnn_lesion/ holds the mask IMDnnn_lesion.bmp, and nothing of another name.
    return _MASK_FOLDER.search(path.parent.name) is not None and not _NAME.fullmatch(path.parent.name)


def _image_id(path: Path) -> str | None:
    match = _NAME.fullmatch(path.stem)
    return match.group(1).upper() if match and not match.group(2) and not _in_mask_folder(path) else None


def _mask_id(path: Path) -> str | None:
    match = _NAME.fullmatch(path.stem)
    return match.group(1).upper() if match and (match.group(2) or _in_mask_folder(path)) else None


def _tables(tree: Tree, around: Sequence[Path], listing: Listing) -> list[tuple[Path, Table]]:
    found = [(path, read_ph2_text(path, listing)) for path in tree.named("PH2_dataset.txt")]
    found += [(path, read_ph2_workbook(path, listing)) for path in tree.named("PH2_dataset.xlsx")]
    found += [
        (path, read_table(path, ["image_id"], listing)) for path in tree.named("metadata.csv") if path.parent in around
    ]
    if not found:
        text = f"{tree.root} holds no PH2_dataset.txt or PH2_dataset.xlsx, so that the diagnoses are unknown."
        listing.add("metadata_missing", text, tree.root)
    return found
