"""HAM10000 with its lesion masks."""

import re
from pathlib import Path

from keras_rau.datasets.files import is_image
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.archives import list_archives, packed_remark
from keras_rau.datasets.sources.grouping import group_value
from keras_rau.datasets.sources.isic_ids import identify_image, identify_mask
from keras_rau.datasets.sources.pairing import by_id, check_unpaired, pair
from keras_rau.datasets.sources.scanning import Tree, list_others, scan
from keras_rau.datasets.sources.tables import Table, join, read_table
from keras_rau.errors import DataError

_TABLES = ("HAM10000_metadata.csv", "HAM10000_metadata", "HAM10000_metadata.tab", "HAM10000_metadata.txt")
_EXTRAS = {name.lower() for name in _TABLES}
# Official folders of the challenges, which hold images of the same names.
_OTHERS = re.compile(r"(ISBI2016_ISIC|ISIC-2017|ISIC2018_Task[12]|ISIC2018_Task3_(Test|Validation))", re.IGNORECASE)
_DIAGNOSES = {
    "akiec": "actinic_keratosis",
    "bcc": "basal_cell_carcinoma",
    "bkl": "benign_keratosis",
    "df": "dermatofibroma",
    "mel": "melanoma",
    "nv": "nevus",
    "vasc": "vascular_lesion",
}


def ham10000(root: Path | str, unpaired: str = "raise") -> Listing:
    """Samples of HAM10000; images of one lesion form a group.

    Args:
        root: folder that holds, at any depth and in any number of folders, images `ISIC_nnnnnnn.jpg`, masks
            `ISIC_nnnnnnn_segmentation.png` and `HAM10000_metadata.csv` (or the same file without suffix, as the archive
            has it).
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: nothing of that kind is there.
    """
    check_unpaired(unpaired)
    listing = Listing()
    tree = scan(root, listing)
    _leave_out_challenges(tree)
    files = [path for path in tree.all_files() if is_image(path)]
    list_archives(tree.all_files(), listing)
    images, masks = by_id(files, identify_image, listing), by_id(files, identify_mask, listing)
    if not images and not masks:
        raise DataError(
            f"{tree.root} does not look like HAM10000: no file ISIC_nnnnnnn.jpg was found in it.{packed_remark(listing)}"
        )
    used = {path for path in files if identify_image(path) or identify_mask(path)}
    list_others(tree, tree.folders_around(used), used, listing, _EXTRAS)
    tables = [(path, read_table(path, ["image_id"], listing)) for path in tree.named(*_TABLES)]
    if not tables:
        text = f"{root} holds no HAM10000_metadata.csv, so that images of one lesion may come apart in a split."
        listing.add("metadata_missing", text, tree.root)
    pairs = pair(images, masks, tree.root, listing, unpaired)
    known = join(tables, images, listing, tree.root)
    listing.samples = [_sample(name, image, mask, known) for name, image, mask in pairs]
    return listing


def _sample(name: str, image: Path, mask: Path, known: Table) -> Sample:
    row = dict(known.get(name, {}))
    if "dx" in row:
        row.setdefault("diagnosis", _DIAGNOSES.get(row["dx"].lower(), row["dx"]))
    return Sample(name, image, mask, "ham10000", group=group_value(row.get("lesion_id")), metadata=row)


def _leave_out_challenges(tree: Tree) -> None:
    for folder in list(tree.files):
        below_root = [path for path in (folder, *folder.parents) if tree.root in path.parents]
        if any(_OTHERS.match(path.name) for path in below_root):
            del tree.files[folder], tree.folders[folder]
