"""The lesion segmentation task of the ISIC challenges of 2016, 2017 and 2018, in the official folders."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keras_rau.datasets.files import is_image
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.archives import is_archive, list_archives
from keras_rau.datasets.sources.grouping import join_groups
from keras_rau.datasets.sources.isic_ids import identify_image, identify_mask, is_superpixels
from keras_rau.datasets.sources.isic_tables import EXTRAS, tables
from keras_rau.datasets.sources.isic_years import YEARS, Part, Year
from keras_rau.datasets.sources.pairing import Pair, by_id, check_unpaired, keep_one, pair
from keras_rau.datasets.sources.scanning import Tree, list_others, scan
from keras_rau.datasets.sources.tables import join
from keras_rau.errors import DataError


def isic2016(root: Path | str, unpaired: str = "raise") -> Listing:
    """Samples of ISIC 2016, task 1: official training and test set.

    Args:
        root: folder with `ISBI2016_ISIC_Part1_Training_Data` and `ISBI2016_ISIC_Part1_Training_GroundTruth`, and the same
            for `Test`; any number of folders may lie between. The CSV files of part 3 give the diagnosis.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: there is no folder of that name.
    """
    return _listing(YEARS["isic2016"], root, unpaired)


def isic2017(root: Path | str, unpaired: str = "raise") -> Listing:
    """Samples of ISIC 2017, part 1: official training, validation and test set.

    Args:
        root: folder with `ISIC-2017_Training_Data` and `ISIC-2017_Training_Part1_GroundTruth`, and the same for
            `Validation` and `Test_v2`; any number of folders may lie between. The official CSV files give age, sex and
            diagnosis.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: there is no folder of that name.
    """
    return _listing(YEARS["isic2017"], root, unpaired)


def isic2018(root: Path | str, unpaired: str = "raise") -> Listing:
    """Samples of ISIC 2018, task 1: official training, validation and test set.

    Args:
        root: folder with `ISIC2018_Task1-2_Training_Input` and `ISIC2018_Task1_Training_GroundTruth`, and the same for
            `Validation` and `Test` where present; any number of folders may lie between. A `metadata.csv` with the
            column `image_id` or `isic_id` beside or above them is joined; its `patient_id` and `lesion_id` make groups.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.

    Raises:
        DataError: there is no folder of that name.
    """
    return _listing(YEARS["isic2018"], root, unpaired)


def _listing(year: Year, root: Path | str, unpaired: str) -> Listing:
    check_unpaired(unpaired)
    listing = Listing()
    tree = scan(root, listing)
    official = {name.lower() for part in year.parts.values() for name in (part.images, part.masks)}
    folders = {path.name.lower() for path in tree.files}
    if not official & folders:
        raise DataError(_unknown(year, tree))
    # Archives of other tasks and years are nobody's loss.
    ours = [path for path in tree.all_files() if not is_archive(path) or path.name.lower().startswith(tuple(official))]
    list_archives(ours, listing)
    samples = [
        Sample(name, image, mask, year.name, split)
        for split, part in year.parts.items()
        for name, image, mask in _pairs(part, tree, listing, unpaired)
    ]
    _list_shared_ids(samples, listing)
    image_folders = {split: tree.folders_named(part.images) for split, part in year.parts.items()}
    # A table may be about several sets.
    everywhere = [path for folders in image_folders.values() for folder in folders for path in tree.files[folder]]
    names = {name for path in everywhere if is_image(path) and (name := identify_image(path))}
    known = join(tables(year, image_folders, tree, listing), names, listing, tree.root)
    alone = len({sample.split for sample in samples}) < 2
    samples = [
        replace(sample, split=None if alone else sample.split, metadata=known.get(sample.id, {})) for sample in samples
    ]
    listing.samples = join_groups(samples, ("patient_id", "lesion_id"))
    return listing


def _unknown(year: Year, tree: Tree) -> str:
    archives = sorted(path.name for path in tree.all_files() if is_archive(path))
    packed = f" Packed archives lie there: {', '.join(archives[:5])}." if archives else ""
    first = next(iter(year.parts.values())).images
    return (
        f"{tree.root} does not look like {year.title}: no folder {first} was found in it.{packed} "
        "Unpack the official archives there, or use --dataset folder for folders of your own."
    )


def _pairs(part: Part, tree: Tree, listing: Listing, unpaired: str) -> list[Pair]:
    """Images and masks of one official set."""
    image_folders, mask_folders = tree.folders_named(part.images), tree.folders_named(part.masks)
    if not image_folders and not mask_folders:
        return []
    if not image_folders or not mask_folders:
        _half(part, image_folders, mask_folders, tree, listing, unpaired)
        return []
    image_files = [path for folder in image_folders for path in tree.files[folder] if is_image(path)]
    mask_files = [path for folder in mask_folders for path in tree.files[folder] if is_image(path)]
    images = by_id(image_files, identify_image, listing)
    masks = by_id(mask_files, identify_mask, listing)
    used = {path for path in image_files if identify_image(path) or is_superpixels(path)}
    used |= {path for path in mask_files if identify_mask(path)}
    list_others(tree, [*image_folders, *mask_folders], used, listing, EXTRAS)
    return pair(images, masks, image_folders[0], listing, unpaired)


def _half(part: Part, images: list[Path], masks: list[Path], tree: Tree, listing: Listing, unpaired: str) -> None:
    """Only the images or only the masks of a part were downloaded."""
    there = (images or masks)[0]
    missing = there.with_name(part.masks if images else part.images)
    count = sum(map(is_image, tree.files[there]))
    what = "masks" if images else "images"
    text = f"{there} has no {what}: the folder {missing} is missing."
    if unpaired == "drop":
        listing.add("unpaired_left_out", f"{text} Its {count} files are left out.", there)
    else:
        listing.add("folder_missing", f"{text} Unpack it there, or remove this one.", missing)


def _list_shared_ids(samples: Sequence[Sample], listing: Listing) -> None:
    """An image in two of the official sets would be trained and tested on."""
    first: dict[str, Sample] = {}
    for sample in samples:
        other = first.setdefault(sample.id, sample)
        if other is not sample:
            text = f"Two files have the id {sample.id}: {other.image} and {sample.image}. {keep_one()}"
            listing.add("id_twice", text, sample.image, sample.id)
