"""Finding a sample by what a list or table calls it: its id, a file of it, or a path."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path

from keras_rau.datasets.files import composed
from keras_rau.datasets.set_names import set_of
from keras_rau.datasets.sources.path_ids import PathIds

_FILE = re.compile(r"\.(jpe?g|jpe|jfif|png|bmp|tiff?|gif|webp|jp2|npy|npz|mat)$", re.IGNORECASE)
_MASK = re.compile(r"_(segmentation|mask|lesion)$", re.IGNORECASE)
_SLASH = re.compile(r"[\\/]+")


class Called:
    """Ids by everything that may stand for them.

    Args:
        files: id to its files, image first.

    Example:
        >>> names = Called({"train_1": [Path("train/images/1.png")], "test_1": [Path("test/images/1.png")]})
        >>> names.find("test/images/1.png"), names.find("1")
        (['test_1'], ['train_1', 'test_1'])
    """

    def __init__(self, files: Mapping[str, Iterable[Path]]) -> None:
        self._files = {name: [Path(composed(str(path))) for path in paths] for name, paths in files.items()}
        # Ids that differ only in case stay apart.
        self._folded: dict[str, list[str]] = {}
        folders = [path.parts[:-1] for paths in self._files.values() for path in paths]
        # What all files have in common says nothing about one of them.
        alike = takewhile(lambda level: len(set(level)) == 1, zip(*folders, strict=False))
        self._common = sum(1 for _ in alike)
        self._stems: dict[str, list[str]] = {}
        self._names: dict[str, list[tuple[str, Path]]] = {}
        for name, paths in self._files.items():
            self._folded.setdefault(name.casefold(), []).append(name)
            for path in paths:
                self._names.setdefault(path.name, []).append((name, path))
            for stem in dict.fromkeys(path.stem for path in paths):
                self._stems.setdefault(stem, []).append(name)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def find(self, line: str) -> list[str]:
        """Return the ids that a line may mean: one if it is clear, none if it is unknown, several if it is not clear.

        An id itself comes first, then a path by as many folders as it names, then the name of a file without suffix and
        mask ending, and at last such a name where the id holds folders, too.
        """
        line = composed(line.strip())
        if line in self._files:
            return [line]
        *folders, name = [part for part in _SLASH.split(line) if part and part != "."] or [line]
        if folders:
            ending = (*folders, name)
            by_path = {i for i, path in self._names.get(name, []) if path.parts[-len(ending) :] == ending}
            if len(by_path) == 1:
                return list(by_path)
        found = [self._first(line, *_spellings(name)), self._first(*_joined(folders, name))]
        clear = list(dict.fromkeys(one for one in found if one is not None))
        return clear or self._by_stem(folders, name)

    def _first(self, *spellings: str) -> str | None:
        for spelling in spellings:
            if spelling in self._files:
                return spelling
            alike = self._folded.get(spelling.casefold(), [])
            if len(alike) == 1:
                return alike[0]
        return None

    def _by_stem(self, folders: list[str], name: str) -> list[str]:
        for spelling in _spellings(name):
            found = self._stems.get(spelling, [])
            wanted = set_of(folders)
            if wanted is not None:
                # What the line says about the set must not be another than the file's.
                found = [i for i in found if set_of(self._files[i][0].parts[self._common : -1]) == wanted]
            if found:
                return found
        return []


def _spellings(name: str) -> Iterator[str]:
    """Yield what the id in the name of a file may be, the longest first: an id itself may end like a file or a mask."""
    stem = _FILE.sub("", name)
    yield from dict.fromkeys((name, stem, _MASK.sub("", stem)))


def _joined(folders: list[str], name: str) -> Iterator[str]:
    """The ids by path that a path may mean, whatever folders lead to the data set."""
    parts = PathIds().parts(folders)
    for start in range(len(parts)):
        for spelling in _spellings(name):
            yield "_".join([*parts[start:], spelling])
