"""Walking through a folder once, so that every source sees the same files."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_rau.datasets.files import IMAGE_KINDS, existing_folder, is_image, is_litter
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.archives import is_archive

# Files that speak about a data set, with any suffix.
_TEXTS = {"readme", "license", "licence", "attribution"}


@dataclass
class Tree:
    """The files of a folder and of all folders in it, without what operating systems leave there.

    Attributes:
        root: the folder.
        files: folder -> files right in it, sorted.
        folders: folder -> folders right in it, sorted.
    """

    root: Path
    files: dict[Path, list[Path]]
    folders: dict[Path, list[Path]]

    def all_files(self) -> Iterator[Path]:
        """Every file, folder by folder."""
        for files in self.files.values():
            yield from files

    def named(self, *names: str) -> list[Path]:
        """Files of any of these names, in any letter case."""
        wanted = {name.casefold() for name in names}
        return [path for path in self.all_files() if path.name.casefold() in wanted]

    def folders_around(self, paths: Iterable[Path]) -> list[Path]:
        """The folders that files lie in and those that lead there, from the root on."""
        below = {parent for path in {path.parent for path in paths} for parent in (path, *path.parents)}
        return [folder for folder in self.files if folder in below]

    def folders_named(self, name: str) -> list[Path]:
        """Folders of this name in any letter case, the root among them.

        Windows unpacks `X.zip` to `X/X/`: of such a pair the inner one is returned.
        """
        wanted = name.casefold()
        found = [path for path in self.files if path.name.casefold() == wanted]
        outer = {path.parent for path in found}
        return [path for path in found if path not in outer or any(map(is_image, self.files[path]))]


def scan(root: Path | str, listing: Listing) -> Tree:
    """List all files below `root`; links are followed, but not in circles.

    Args:
        root: the folder.
        listing: takes a finding for every folder that cannot be read.

    Raises:
        DataError: `root` is missing or no folder.
    """
    root = existing_folder(root)
    tree = Tree(root, {}, {})
    above = {str(path) for path in root.resolve().parents}
    # A folder and the real folders that lead to it: a link to one of them would never end.
    waiting: list[tuple[Path, frozenset[str]]] = [(root, frozenset(above | {str(root.resolve())}))]
    while waiting:
        folder, chain = waiting.pop()
        files, folders = [], []
        try:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if is_litter(entry.name):
                        continue
                    path = folder / entry.name
                    if not _is_folder(entry):
                        files.append(path)
                        continue
                    real = os.path.realpath(path) if entry.is_symlink() else None
                    if real is None or real not in chain:
                        folders.append(path)
        except OSError as error:
            listing.add("file_unreadable", f"The folder {folder} cannot be read: {error.strerror}.", folder)
        tree.files[folder], tree.folders[folder] = files, folders
        waiting += [(path, chain | {os.path.realpath(path)}) for path in reversed(folders)]
    return tree


def _is_folder(entry: os.DirEntry) -> bool:
    """Return whether an entry is a folder; a link to itself, or an entry that cannot be looked at, ends no listing."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def list_others(
    tree: Tree,
    folders: Iterable[Path],
    used: set[Path],
    listing: Listing,
    silent: set[str] | frozenset[str] = frozenset(),
) -> None:
    """Add a finding for everything in these folders that is neither used nor known to belong there.

    Args:
        tree: the files.
        folders: folders of images or masks.
        used: files and folders with a use.
        listing: takes the findings.
        silent: lower-case names of files that the official archives hold.
    """
    in_use = used.union(*(path.parents for path in {path.parent / "_" for path in used}))
    for folder in dict.fromkeys(folders):
        for path in tree.files[folder]:
            if path in used or path.name.lower() in silent or path.stem.lower() in _TEXTS or is_archive(path):
                continue
            reason = "its name does not fit" if is_image(path) else f"it is not {IMAGE_KINDS}"
            listing.add("file_passed_over", f"{path} is passed over: {reason}.", path)
        for path in tree.folders[folder]:
            if path not in in_use:
                listing.add("file_passed_over", f"{path}/ is passed over: nothing in it fits.", path)
