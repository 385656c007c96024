"""Which files of anybody's own folder are images and which are masks, and what their ids are."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from keras_rau.datasets.files import composed, is_image
from keras_rau.datasets.sources.path_ids import PathIds
from keras_rau.datasets.sources.patterns import Pattern
from keras_rau.datasets.sources.scanning import Tree

_ENDINGS = ("_segmentation", "_mask", "_lesion")


@dataclass(frozen=True)
class Side:
    """Where the images, or the masks, of a data set lie and how they are called.

    Attributes:
        folder: the folder.
        pattern: pattern of their paths within it; `None` for any image file.
        recursive: whether folders within it count.
        paths: makes ids of whole paths; `None` where names are the ids.
        wanted: `"image"` or `"mask"`, where the names of folders say which files are meant; `None` for all of them.
    """

    folder: Path
    pattern: Pattern | None
    recursive: bool
    paths: PathIds | None = None
    wanted: str | None = None

    def files(self, tree: Tree) -> list[Path]:
        """Image files within reach."""
        deep = self.recursive or (self.pattern is not None and "/" in self.pattern.text)
        folders = [path for path in tree.files if path == self.folder or (deep and self.folder in path.parents)]
        return [path for folder in folders for path in tree.files[folder] if is_image(path)]

    def identify(self, path: Path) -> str | None:
        """Id of a file: what the pattern says, else its path within the folder without suffix."""
        within = path.relative_to(self.folder)
        if self.paths is not None:
            return self._by_path(self.paths, within)
        if self.pattern is not None:
            return self.pattern.identify(within)
        # Ids become names of files.
        return composed("_".join(within.with_suffix("").parts))

    def _by_path(self, paths: PathIds, within: Path) -> str | None:
        if self.pattern is None:
            is_mask = paths.is_mask(within.parts[:-1], without_ending(within.stem) != within.stem)
            if self.wanted is not None and is_mask is not (self.wanted == "mask"):
                return None
            return composed("_".join([*paths.parts(within.parts[:-1]), within.stem]))
        parts = self.pattern.parts(within)
        if parts is None:
            return None
        before, (*inner, name) = parts
        return composed("_".join([*paths.parts([*before, *inner]), name]))


def without_ending(name: str) -> str:
    """Name of a mask without `_mask`, `_segmentation` or `_lesion`."""
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def sort(images: Side, masks: Side, tree: Tree) -> tuple[list[Path], list[Path]]:
    """Files of both sides; one within reach of both goes where it fits better, and nowhere if that is not clear."""
    image_files = [path for path in images.files(tree) if images.identify(path) is not None]
    mask_files = [path for path in masks.files(tree) if masks.identify(path) is not None]
    shared = set(image_files) & set(mask_files)
    is_mask = {path: _is_mask(path, images, masks) for path in shared}
    return (
        [path for path in image_files if path not in shared or is_mask[path] is False],
        [path for path in mask_files if path not in shared or is_mask[path] is True],
    )


def _is_mask(path: Path, images: Side, masks: Side) -> bool | None:
    if images.folder != masks.folder:
        # One folder lies in the other.
        return images.folder in masks.folder.parents
    if images.pattern is not None and masks.pattern is not None:
        difference = masks.pattern.literal - images.pattern.literal
        if difference or images.paths is None:
            return difference > 0 if difference else None
    by_name = without_ending(path.stem) != path.stem
    if images.paths is not None:
        return images.paths.is_mask(path.relative_to(images.folder).parts[:-1], by_name)
    return by_name if masks.pattern is None else True


def match_letter_case(images: dict[str, Path], masks: dict[str, Path]) -> dict[str, Path]:
    """Masks by the ids of their images where these differ only in letter case, as Windows lets them."""
    folded: dict[str, list[str]] = {}
    for name in images:
        folded.setdefault(name.casefold(), []).append(name)
    alike = Counter(name.casefold() for name in masks)
    found = {}
    for name, path in masks.items():
        candidates = folded.get(name.casefold(), [])
        unique = len(candidates) == 1 and alike[name.casefold()] == 1
        found[candidates[0] if unique else name] = path
    return found
