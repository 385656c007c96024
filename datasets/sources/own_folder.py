"""Anybody's own images and masks."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keras_rau.datasets.classes.parsing import parse_classes
from keras_rau.datasets.files import composed, existing_folder, is_image
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.archives import list_archives
from keras_rau.datasets.sources.called import Called
from keras_rau.datasets.sources.class_files import class_files
from keras_rau.datasets.sources.grouping import group_value
from keras_rau.datasets.sources.own_names import Side, match_letter_case, sort, without_ending
from keras_rau.datasets.sources.own_sets import name_sets
from keras_rau.datasets.sources.own_table import own_table, table_path
from keras_rau.datasets.sources.pairing import by_id, check_unpaired, pair
from keras_rau.datasets.sources.path_ids import PathIds
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
    ids: str = "name",
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
        ids: `"name"`, or `"path"` for files of the same name in several folders at any depth: `train/images/1.png` and
            `train/masks/1.png` are `train_1`. The names of folders (images, img, masks, lbl, gt, …) say which are which,
            unless patterns do; `images` and `masks` may name such folders wherever they lie.
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
        >>> datasets.load("folder", "kaggle", ids="path")
    """
    check_unpaired(unpaired)
    if not isinstance(recursive, bool):
        raise ValueError(f"`recursive` must be true or false. Received: recursive={recursive!r}")
    if ids not in ("name", "path"):
        raise ValueError(f"`ids` must be 'name' or 'path'. Received: ids={ids!r}")
    for option, value in (("images", images), ("masks", masks), ("metadata", metadata), ("group_column", group_column)):
        if value is not None and not isinstance(value, str):
            raise ValueError(f"`{option}` must be a name. Received: {option}={value!r}")
    described = None if classes is None else parse_classes(classes)
    of_files = described is not None and described.form == "files"
    if of_files and (masks or mask_pattern):
        raise ValueError("`classes` says already how the masks are called: leave `masks` and `mask_pattern` out.")
    by_path = ids == "path"
    if of_files and by_path:
        raise ValueError(
            "`ids='path'` cannot be combined with one file a class. Set recursive=True, and use {id} in the patterns of "
            "`classes`."
        )
    image_names = None if image_pattern is None else Pattern(image_pattern, "image_pattern", recursive or by_path)
    mask_names = None if mask_pattern is None else Pattern(mask_pattern, "mask_pattern", recursive or by_path)
    root = existing_folder(root)
    listing = Listing()
    tree = scan(root, listing)

    def twice(first: Path, second: Path) -> str:
        """Return what to do about two files of one id."""
        if not by_path and first.parent != second.parent:
            return "Tell them apart by their folders with the option ids='path'."
        if image_names is not None or mask_names is not None:
            return "Their pattern gives both this id: put {id} where their names differ."
        return "Rename one of them, or move it out of the data set."

    default = root if image_names or mask_names else None
    files_of: dict[str, tuple[Path | None, ...]] = {}
    incomplete: Iterable[str] = ()
    if of_files:
        image_side = Side(_within(tree, images, "images", default), image_names, recursive)
        found = class_files(tree, described, recursive)
        mask_files, mask_folder = found.all_files, image_side.folder
        taken = set(mask_files)
        image_files = [
            path for path in image_side.files(tree) if path not in taken and image_side.identify(path) is not None
        ]
        image_ids = by_id(image_files, image_side.identify, listing, twice)
        files_of = found.by_image(image_ids, listing, unpaired)
        # What lacks a file of a class is told of already.
        incomplete = found.left_without(files_of, image_ids)
        mask_ids = {name: next(path for path in files if path is not None) for name, files in files_of.items()}
    else:
        if by_path:
            image_side, mask_side = _sides_by_path(tree, images, masks, image_names, mask_names)
        else:
            image_side = Side(_within(tree, images, "images", default), image_names, recursive)
            mask_side = Side(_within(tree, masks, "masks", default), mask_names, recursive)
        image_files, mask_files = sort(image_side, mask_side, tree)
        image_ids, mask_folder = by_id(image_files, image_side.identify, listing, twice), mask_side.folder

        def mask_id(path: Path) -> str | None:
            name = mask_side.identify(path)
            return name if name is None or mask_names is not None or name in image_ids else without_ending(name)

        mask_ids = match_letter_case(image_ids, by_id(mask_files, mask_id, listing, twice))
    _list_alike(image_ids, listing)
    used = {*image_files, *mask_files}
    folders = _looked_into(tree, used) if by_path else [image_side.folder, mask_folder]
    folders = list(dict.fromkeys([*folders, *sorted({path.parent for path in used})]))
    table = table_path(root, metadata, group_column)
    list_others(tree, folders, used, listing, {table.name.lower()} if table else set())
    list_archives(_files(tree, [root, *folders]), listing)
    paired = {name: path for name, path in image_ids.items() if name not in incomplete}
    pairs = pair(paired, mask_ids, root, listing, unpaired)
    if not pairs and not by_path:
        _offer_paths(tree)
    known = own_table(table, group_column, _called(image_ids, mask_ids), root, listing)
    groups = {name: group_value(row.get(group_column or "group")) for name, row in known.items()}
    samples = [
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
    listing.samples = name_sets(samples, root, listing)
    return listing


def _sides_by_path(
    tree: Tree, images: str | None, masks: str | None, image_names: Pattern | None, mask_names: Pattern | None
) -> tuple[Side, Side]:
    """Both sides where paths are the ids: in a folder that is named, else in all folders that are called like that."""
    found = [_existing(tree, given) for given in (images, masks)]
    names = []
    for given, path in zip((images, masks), found, strict=True):
        if path is None and given is not None and not tree.folders_named(given):
            raise DataError(
                f"No folder in {tree.root} is called {given}. Name the folders with the options images and masks, or say "
                "with image_pattern and mask_pattern how the files are called."
            )
        names.append("" if path is not None else given or "")
    paths = PathIds(*names)
    alike = found[0] == found[1]
    return tuple(
        Side(path or tree.root, pattern, True, paths, side if alike or path is None else None)
        for path, pattern, side in zip(found, (image_names, mask_names), ("image", "mask"), strict=True)
    )


def _offer_paths(tree: Tree) -> None:
    """Refuse a folder in which nothing fits, where whole paths would make pairs."""
    images, masks = sort(*_sides_by_path(tree, None, None, None, None), tree)
    side = Side(tree.root, None, True, PathIds())
    known = {side.identify(path) for path in images}
    count = sum(name in known or without_ending(name) in known for name in map(side.identify, masks) if name)
    if count:
        raise DataError(
            f"No images were found in {tree.root} by these options, but {count} pair(s) by the folders that they lie in: "
            'datasets.load("folder", root, ids="path") takes them (on the command line: --option ids=path).'
        )


def _existing(tree: Tree, given: str | None) -> Path | None:
    """Find the folder of this name right in the root, in any letter case."""
    if given is None or given == ".":
        return None if given is None else tree.root
    path = tree.root / given
    if path in tree.files:
        return path
    wanted = composed(path.as_posix()).casefold()
    alike = [folder for folder in tree.files if composed(folder.as_posix()).casefold() == wanted]
    return alike[0] if len(alike) == 1 else None


def _within(tree: Tree, given: str | None, usual: str, default: Path | None) -> Path:
    """Find the folder of images or masks; its name may differ in letter case or in how accents are stored."""
    path = _existing(tree, given or usual)
    if path is not None:
        return path
    if given is None and default is not None:
        return default
    path = tree.root / (given or usual)
    if os.path.isdir(path):
        raise DataError(
            f"The folder {path} is not among those that are looked into in {tree.root}: hidden ones, folders elsewhere and "
            "links that lead in circles are not. Name a folder below it."
        )
    if not os.path.exists(path):
        raise DataError(
            f"The folder {path} does not exist. Name the folders with the options images and masks, or say with "
            "image_pattern and mask_pattern how the files are called. Where every set has its own folders, such as "
            'train/images and test/images, datasets.load("folder", root, ids="path") takes them all (on '
            "the command line: --option ids=path)."
        )
    return existing_folder(path)


def _called(images: Mapping[str, Path], masks: Mapping[str, Path]) -> Called:
    return Called({name: [path, *([masks[name]] if name in masks else [])] for name, path in images.items()})


def _looked_into(tree: Tree, used: set[Path]) -> list[Path]:
    """Folders with pictures that are neither image nor mask of the set."""
    return [path for path, files in tree.files.items() if any(is_image(file) and file not in used for file in files)]


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
