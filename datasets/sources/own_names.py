"""Which files of anybody's own folder are images and which are masks, and what their ids are."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from keras_rau.datasets.files import composed, is_image
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
    """

    folder: Path
    pattern: Pattern | None
    recursive: bool

    def files(self, tree: Tree) -> list[Path]:
        """Image files within reach."""
        deep = self.recursive or (self.pattern is not None and "/" in self.pattern.text)
        folders = [path for path in tree.files if path == self.folder or (deep and self.folder in path.parents)]
        return [path for folder in folders for path in tree.files[folder] if is_image(path)]

    def identify(self, path: Path) -> str | None:
        """Id of a file: what the pattern says, else its path within the folder without suffix."""
        within = path.relative_to(self.folder)
        if self.pattern is not None:
            return self.pattern.identify(within)
        # Ids become names of files.
        return composed("_".join(within.with_suffix("").parts))


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
    if images.pattern is None or masks.pattern is None:
        by_name = without_ending(path.stem) != path.stem
        return by_name if masks.pattern is None else True
    difference = masks.pattern.literal - images.pattern.literal
    return difference > 0 if difference else None


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
