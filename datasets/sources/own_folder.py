"""Anybody's own images and masks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keras_rau.datasets.classes.parsing import parse_classes
from keras_rau.datasets.files import composed, existing_folder
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.archives import list_archives
from keras_rau.datasets.sources.class_files import class_files
from keras_rau.datasets.sources.own_names import Side, match_letter_case, sort, without_ending
from keras_rau.datasets.sources.own_table import own_table, table_path
from keras_rau.datasets.sources.pairing import by_id, check_unpaired, pair
from keras_rau.datasets.sources.patterns import Pattern
from keras_rau.datasets.sources.scanning import Tree, list_others, scan
from keras_rau.errors import DataError


def folder(
    root: Path | str,
    images: str | None = None,
    masks: str | None = None,
    image_pattern: str | None = None,
    mask_pattern: str | None = None,
    recursive: bool = False,
    metadata: str | None = None,
    group_column: str | None = None,
    unpaired: str = "raise",
    classes: Any = None,
) -> Listing:
    """Samples of two folders; a mask is called like its image, with `_segmentation`, `_mask` or `_lesion` or without.

    Args:
        root: folder that holds both.
        images: folder of the images within it; `"images"` if not given, or `root` itself where a pattern is given and
            there is no such folder.
        masks: the same of the masks; may be the folder of the images.
        image_pattern: path of an image within its folder with `{id}` for the id, such as `"{id}.jpg"`; `*` stands for
            anything but a slash.
        mask_pattern: the same of a mask, such as `"{id}_mask.png"` or `"*/{id}/mask.png"`.
        recursive: look into the folders within both, too. Without patterns the ids are the paths then: `ward/7.jpg` has
            the id `ward_7`.
        metadata: CSV file in `root` with a column `image_id` or `id`, else with the ids in the first column;
            `"metadata.csv"` if not given and there.
        group_column: column of that table whose equal values no split separates, such as the patient; `"group"` if not
            given and there.
        unpaired: `"raise"` or `"drop"` images without mask and masks without image.
        classes: what the values or colours of masks of several classes mean, or the files of each class, see
            `datasets.parse_classes`; `None` for masks of one lesion class.

    Raises:
        DataError: a folder is missing.
        ValueError: an option has no valid value.

    Example:
        >>> datasets.load("folder", "ward", images=".", masks=".", mask_pattern="{id}_mask.png")
    """
    check_unpaired(unpaired)
    if not isinstance(recursive, bool):
        raise ValueError(f"`recursive` must be true or false. Received: recursive={recursive!r}")
    for option, value in (("images", images), ("masks", masks), ("metadata", metadata), ("group_column", group_column)):
        if value is not None and not isinstance(value, str):
            raise ValueError(f"`{option}` must be a name. Received: {option}={value!r}")
    described = None if classes is None else parse_classes(classes)
    if described is not None and described.form == "files" and (masks or mask_pattern):
        raise ValueError("`classes` says already how the masks are called: leave `masks` and `mask_pattern` out.")
    image_names = None if image_pattern is None else Pattern(image_pattern, "image_pattern", recursive)
    mask_names = None if mask_pattern is None else Pattern(mask_pattern, "mask_pattern", recursive)
    root = existing_folder(root)
    listing = Listing()
    tree = scan(root, listing)
    default = root if image_names or mask_names else None
    image_side = Side(_within(tree, images, "images", default), image_names, recursive)
    files_of: dict[str, tuple[Path | None, ...]] = {}
    if described is not None and described.form == "files":
        found = class_files(tree, described, recursive)
        mask_files, mask_folder = found.all_files, image_side.folder
        taken = set(mask_files)
        image_files = [
            path for path in image_side.files(tree) if path not in taken and image_side.identify(path) is not None
        ]
        image_ids = by_id(image_files, image_side.identify, listing)
        files_of = found.by_image(image_ids, listing, unpaired)
        # What lacks a file of a class is told of already.
        incomplete = found.left_without(files_of, image_ids)
        mask_ids = {name: next(path for path in files if path is not None) for name, files in files_of.items()}
    else:
        mask_side = Side(_within(tree, masks, "masks", default), mask_names, recursive)
        image_files, mask_files = sort(image_side, mask_side, tree)
        image_ids, mask_folder, incomplete = by_id(image_files, image_side.identify, listing), mask_side.folder, []

        def mask_id(path: Path) -> str | None:
            name = mask_side.identify(path)
            return name if name is None or mask_names is not None or name in image_ids else without_ending(name)

        mask_ids = match_letter_case(image_ids, by_id(mask_files, mask_id, listing))
    _list_alike(image_ids, listing)
    used = {*image_files, *mask_files}
    folders = list(dict.fromkeys([image_side.folder, mask_folder, *sorted({path.parent for path in used})]))
    table = table_path(root, metadata, group_column)
    list_others(tree, folders, used, listing, {table.name.lower()} if table else set())
    list_archives(_files(tree, [root, *folders]), listing)
    paired = {name: path for name, path in image_ids.items() if name not in incomplete}
    pairs = pair(paired, mask_ids, root, listing, unpaired)
    known = own_table(table, group_column, image_ids, root, listing)
    groups = {name: row.get(group_column or "group", "") for name, row in known.items()}
    listing.samples = [
        Sample(
            name,
            image,
            mask,
            "folder",
            group=groups.get(name, ""),
            metadata=known.get(name, {}),
            classes=described,
            class_files=files_of.get(name, ()),
        )
        for name, image, mask in pairs
    ]
    return listing


def _within(tree: Tree, given: str | None, usual: str, default: Path | None) -> Path:
    """The folder of the images, or of the masks; its name may differ in letter case or in how accents are stored."""
    path = tree.root / (given or usual)
    if given == "." or path in tree.files:
        return tree.root if given == "." else path
    wanted = composed(path.as_posix()).casefold()
    alike = [folder for folder in tree.files if composed(folder.as_posix()).casefold() == wanted]
    if len(alike) == 1:
        return alike[0]
    if given is None and default is not None:
        return default
    if not path.exists():
        raise DataError(
            f"The folder {path} does not exist. Name the folders with the options images and masks, or say with "
            "image_pattern and mask_pattern how the files are called."
        )
    return existing_folder(path)


def _files(tree: Tree, folders: Iterable[Path]) -> list[Path]:
    return [path for folder in dict.fromkeys(folders) for path in tree.files.get(folder, [])]


def _list_alike(images: dict[str, Path], listing: Listing) -> None:
    """Ids become names of files, which Windows and macOS would not tell apart."""
    first: dict[str, str] = {}
    for name, path in images.items():
        other = first.setdefault(name.casefold(), name)
        if other != name:
            text = f"{images[other]} and {path} differ only in letter case; Windows and macOS take them for one."
            listing.add("ids_differ_in_case", text, path, name)
