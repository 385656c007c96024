"""Ids of files from their whole paths, so that `train/images/1.png` and `test/images/1.png` are two pictures.

Both the id of a file and whether it is an image or a mask follow from its own path alone: a further file changes neither.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from keras_rau.datasets.files import composed
from keras_rau.datasets.set_names import words_of

_IMAGE_WORDS = {
    *("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pic", "pics"),
    *("input", "inputs", "original", "originals", "rgb", "jpegimages"),
}
_MASK_WORDS = {
    *("mask", "masks", "msk", "msks", "label", "labels", "lbl", "lbls", "gt", "gts", "groundtruth", "ground", "truth"),
    *("annotation", "annotations", "annot", "ann", "seg", "segs", "segmentation", "segmentations", "target", "targets"),
    *("outline", "outlines"),
}
# `lesion_images` holds images, `lesions` masks.
_WEAK_MASK_WORDS = {"lesion", "lesions"}
_ALL = _IMAGE_WORDS | _MASK_WORDS | _WEAK_MASK_WORDS


@dataclass(frozen=True)
class PathIds:
    """How ids and sides follow from paths.

    Attributes:
        images: name of the folders of images, wherever they lie; `""` for the usual words.
        masks: the same of the masks.
    """

    images: str = ""
    masks: str = ""

    def side(self, folders: Sequence[str]) -> str | None:
        """Return `"image"` or `"mask"` by the folders that lead to a file, or `None` if they do not say."""
        place = self._deciding(folders)
        return None if place is None else self._kind(folders[place])

    def parts(self, folders: Sequence[str]) -> list[str]:
        """Return the folders that belong into the id: without those, and the words, that say image or mask.

        Example:
            >>> PathIds().parts(["train_images", "p1"])
            ['train', 'p1']
        """
        place = self._deciding(folders)
        if place is None:
            return list(folders)
        above = [part for part in folders[:place] if not self._whole(part)]
        left = "" if self._whole(folders[place]) else _without_words(folders[place])
        return [*above, *([left] if left else []), *folders[place + 1 :]]

    def _deciding(self, folders: Sequence[str]) -> int | None:
        """Return the place of the deepest folder that is called image or mask, else of the deepest that holds such a word."""
        whole = [place for place, part in enumerate(folders) if self._whole(part)]
        some = [place for place, part in enumerate(folders) if self._kind(part) is not None]
        return whole[-1] if whole else some[-1] if some else None

    def _named(self, part: str) -> str | None:
        folded = composed(part).casefold()
        for side, name in (("image", self.images), ("mask", self.masks)):
            if name and folded == composed(name).casefold():
                return side
        return None

    def _whole(self, part: str) -> bool:
        words = set(words_of(part))
        usual = not (self.images and self.masks)
        return self._named(part) is not None or (usual and bool(words) and words <= _ALL and bool(self._kind(part)))

    def _kind(self, part: str) -> str | None:
        named = self._named(part)
        if named is not None:
            return named
        words = set(words_of(part))
        # A name that was given stands in the place of the usual words.
        mask = "" if self.masks else "mask"
        if words & _MASK_WORDS and mask:
            return mask
        if words & _IMAGE_WORDS and not self.images:
            return "image"
        return mask or None if words & _WEAK_MASK_WORDS else None

    def is_mask(self, folders: Sequence[str], ends_like_a_mask: bool) -> bool | None:
        """Return whether a file is a mask; `None` if it lies in no folder of the name that was given for the images or masks.

        Args:
            folders: the folders that lead to it.
            ends_like_a_mask: whether its own name ends like that of a mask, which counts where no folder says more.
        """
        side = self.side(folders)
        if side is not None:
            return side == "mask"
        given = self.masks if ends_like_a_mask else self.images
        return None if given else ends_like_a_mask


def _without_words(part: str) -> str:
    pieces = re.split(r"([\W_]+|(?<=[a-z])(?=[A-Z]))", part)
    kept = [piece for piece in pieces if piece.lower() not in _ALL]
    return re.sub(r"([\W_])[\W_]+", r"\1", "".join(kept)).strip("_-. ")
