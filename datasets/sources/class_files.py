"""Which files belong to which class, where each class has a file of its own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from keras_rau.datasets.classes.description import ClassMasks
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.own_names import Side, match_letter_case
from keras_rau.datasets.sources.pairing import by_id
from keras_rau.datasets.sources.patterns import Pattern
from keras_rau.datasets.sources.scanning import Tree


@dataclass(frozen=True)
class ClassFiles:
    """The mask files of a data set with one file a class.

    Attributes:
        classes: the description.
        files: of each class, in the order of `classes.keys`.
        sides: where they lie and how they are called.
    """

    classes: ClassMasks
    files: tuple[list[Path], ...]
    sides: tuple[Side, ...]

    @property
    def all_files(self) -> list[Path]:
        """Files of all classes."""
        return [path for files in self.files for path in files]

    def by_image(
        self, images: Mapping[str, Path], listing: Listing, unpaired: str
    ) -> dict[str, tuple[Path | None, ...]]:
        """Return the files of each id, in the order of the classes.

        Args:
            images: image files by id.
            listing: takes a finding for every image that lacks the file of a class.
            unpaired: `"drop"` to leave such images out.
        """
        found = [
            match_letter_case(dict(images), by_id(files, side.identify, listing))
            for files, side in zip(self.files, self.sides, strict=True)
        ]
        names = [self.classes.names[channels[0]] for _, channels in self.classes.keys]
        complete = {}
        for name in dict.fromkeys(name for each in found for name in each):
            files = tuple(each.get(name) for each in found)
            missing = [label for label, path in zip(names, files, strict=True) if path is None]
            if missing and name in images and not self.classes.absent:
                kind = "unpaired_left_out" if unpaired == "drop" else "mask_missing"
                text = f"{images[name]} has no file of the class(es) {', '.join(missing)}"
                advice = "" if unpaired == "drop" else " (absent: true in `classes` where no file means no such pixel)"
                listing.add(kind, text + advice, images[name], name)
                continue
            complete[name] = files
        return complete

    def left_without(self, files: Mapping[str, tuple[Path | None, ...]], images: Collection[str]) -> list[str]:
        """Return the ids that have files but not those of every class."""
        known = {name for side, paths in zip(self.sides, self.files, strict=True) for name in map(side.identify, paths)}
        return [name for name in images if name in known and name not in files]


def class_files(tree: Tree, classes: ClassMasks, recursive: bool) -> ClassFiles:
    """Return the files of each class; one that fits several patterns goes where more characters are given.

    Raises:
        ValueError: a pattern is none, or a file fits two patterns alike.
    """
    patterns = [Pattern(str(pattern), "classes", recursive) for pattern, _ in classes.keys]
    sides = tuple(Side(tree.root, pattern, recursive) for pattern in patterns)
    best: dict[Path, list[int]] = {}
    for number, (side, pattern) in enumerate(zip(sides, patterns, strict=True)):
        for path in side.files(tree):
            if side.identify(path) is None:
                continue
            before = best.setdefault(path, [number])
            more = pattern.literal - patterns[before[0]].literal
            if more > 0:
                best[path] = [number]
            elif more == 0 and number not in before:
                before.append(number)
    files: tuple[list[Path], ...] = tuple([] for _ in patterns)
    for path, numbers in best.items():
        if len(numbers) > 1:
            both = " and ".join(patterns[number].text for number in numbers)
            raise ValueError(f"{path} fits the patterns {both} alike. Write them so that each file fits one class.")
        files[numbers[0]].append(path)
    return ClassFiles(classes, files, sides)
