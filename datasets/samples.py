"""The record that everything about one image travels in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_rau.datasets.classes.description import ClassMasks


@dataclass(frozen=True)
class Sample:
    """One image, its mask, and what is known about it.

    Attributes:
        id: unique name within its source, such as `ISIC_0000000`.
        image: image file.
        mask: mask file, or `None`.
        source: name of the source, such as `"isic2018"`.
        split: the set the source itself puts it in (`"train"`, `"val"`, `"test"`), or `None`.
        group: samples of one group show the same lesion or nearly the same picture, and no split separates them.
        metadata: whatever else the source says, such as the diagnosis.
        bit_depth: how many bits the image uses if its file has 16, see `read_image`.
        classes: what the values, colours or files of a mask of several classes mean; `None` for one lesion class.
        class_files: where each class has a file of its own, these, in the order of the classes; `None` for a class that the
            image has not. `mask` is the first of them then.
    """

    id: str
    image: Path
    mask: Path | None
    source: str
    split: str | None = None
    group: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    bit_depth: int | None = None
    classes: "ClassMasks | None" = None
    class_files: tuple[Path | None, ...] = ()

    def __post_init__(self) -> None:
        if not self.group:
            object.__setattr__(self, "group", self.id)

    @property
    def mask_files(self) -> list[Path]:
        """All files that the mask is made of."""
        files = self.class_files or (self.mask,)
        return [path for path in files if path is not None]
