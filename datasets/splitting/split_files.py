"""Lists of the images of each set, in files."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from keras_rau.csv_rows import csv_rows
from keras_rau.csv_text import plain, printable
from keras_rau.datasets.files import listed
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.set_names import SETS, WORDS, set_of
from keras_rau.datasets.sources.called import Called
from keras_rau.errors import DataError
from keras_rau.files import write_text
from keras_rau.strangers import LARGEST_LIST, one_line, read_text, shown

_SUFFIXES = (".txt", ".csv", ".list")
_HEADERS = {"id", "image", "image_id", "image_name", "isic_id", "name", "file", "file_name", "filename"}


def save_split(folder: Path | str, train: Sequence[Sample], val: Sequence[Sample], test: Sequence[Sample]) -> None:
    """Write `train.txt`, `val.txt` and `test.txt`, one id a line.

    Args:
        folder: the folder; it is made where there is none.
        train: samples of the first list.
        val: of the second.
        test: of the third.

    Raises:
        DataError: an id cannot be a line of a list, or the folder cannot be written.
    """
    folder = Path(folder)
    sets = dict(zip(SETS, (train, val, test), strict=True))
    for sample in (sample for chosen in sets.values() for sample in chosen):
        if sample.id.splitlines() != [sample.id] or sample.id.strip() != sample.id or printable(sample.id) != sample.id:
            raise DataError(
                f"The id {shown(sample.id)} cannot be a line of a list: it is empty, begins or ends with a space, holds a "
                f"line break, or is no UTF-8. Rename {one_line(printable(str(sample.image)))} and its mask."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"The folder of lists {folder} cannot be made: {error.strerror or error}.") from error
    for name, chosen in sets.items():
        write_text(folder / f"{name}.txt", "".join(f"{sample.id}\n" for sample in chosen))


def read_split(folder: Path | str) -> dict[str, list[str]]:
    """Lines of the three lists in a folder, by set.

    A list is a `.txt`, `.csv` or `.list` file whose name holds the word train, val or test (or training, valid,
    validation, testing), such as `train.txt` or `folder1_validation.list`. Of a CSV file the column `image_id`, `image`,
    `id`, `name` or `filename` counts, or the first one.

    Raises:
        DataError: a list is missing, empty or there twice, or the lists name an id twice.
    """
    lists = read_lists(folder)
    _refuse_twice([name for chosen in lists.values() for name in chosen], folder)
    return lists


def read_lists(folder: Path | str) -> dict[str, list[str]]:
    """As `read_split`, whether or not an id is named twice."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"The folder of lists {folder} does not exist.")
    return {name: _read(_only(folder, name)) for name in SETS}


def _only(folder: Path, name: str) -> Path:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"The folder of lists {folder} cannot be read: {error.strerror}.") from error
    found = [path for path in paths if path.suffix.lower() in _SUFFIXES and set_of([path.stem]) == name]
    if not found:
        words = " or ".join(sorted(WORDS[name]))
        raise DataError(
            f"Cannot read the list {folder / name}.txt: there is none, and no other .txt, .csv or .list file with the "
            f"word {words} in its name."
        )
    if len(found) > 1:
        raise DataError(
            listed(f"{folder} holds {len(found)} lists of the {name} set; keep one", [p.name for p in found])
        )
    return found[0]


def _read(path: Path) -> list[str]:
    try:
        text = read_text(path, LARGEST_LIST)
    except DataError as error:
        raise DataError(f"Cannot read the list {error}") from error
    is_table = path.suffix.lower() == ".csv"
    lines = _column(text, path) if is_table else [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"The list {path} is empty.")
    return lines


def _column(text: str, path: Path) -> list[str]:
    first = next(iter(text.strip().splitlines()), "")
    try:
        rows = csv_rows(text, path, delimiter=";" if ";" in first and "," not in first else ",")
    except DataError as error:
        raise DataError(f"Cannot read the list {error}") from error
    titled = [place for place, cell in enumerate(rows[0][1]) if cell.strip().lower() in _HEADERS] if rows else []
    place = titled[0] if titled else 0
    names = [(line, plain(cells[place].strip())) for line, cells in rows[bool(titled) :]]
    nameless = [line for line, name in names if not name]
    if nameless:
        raise DataError(f"Cannot read the list {path}, line {nameless[0]}: it names no image.")
    return [name for _, name in names]


def _refuse_twice(names: list[str], where: Path | str) -> None:
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    twice = sorted({name for name in names if name in seen or seen.add(name)})
    raise DataError(f"{_listed(f'Ids that the lists in {where} name twice', twice)}\nLeave each in one list, once.")


def apply_split(
    lists: dict[str, list[str]], samples: Sequence[Sample], where: str, missing: str = "raise"
) -> dict[str, list[Sample]]:
    """Samples of the names of each list, in the order of the list.

    A name is an id, or a file of the image or mask (`ISIC_0000000.jpg`, `ISIC_0000000_segmentation.png`, a path). Where ids
    hold folders (`ids="path"` of a folder of yours), the name of a file without them is enough if only one is called so.

    Args:
        lists: names by set.
        samples: the samples.
        where: what to call the lists in messages.
        missing: `"raise"`, or `"drop"` to leave out names that are not among the samples, with a warning that lists them.

    Raises:
        DataError: a name is not among the samples or fits several, two names mean the same one, or nothing of a list is
            left.
        ValueError: `missing` is neither.
    """
    if missing not in ("raise", "drop"):
        raise ValueError(f"`missing` must be 'raise' or 'drop'. Received: missing={missing!r}")
    known = {sample.id: sample for sample in samples}
    called = Called({i: [sample.image, *([sample.mask] if sample.mask else [])] for i, sample in known.items()})
    found = {name: [(line, called.find(line)) for line in lines] for name, lines in lists.items()}
    unclear = [
        f"{one_line(line)}: {', '.join(ids[:3])}" for chosen in found.values() for line, ids in chosen if len(ids) > 1
    ]
    if unclear:
        raise DataError(
            f"{listed(f'{len(unclear)} line(s) of {where} fit several samples', unclear)}\nWrite their ids, or their paths."
        )
    strangers = [line for chosen in found.values() for line, ids in chosen if not ids]
    if strangers:
        text = _listed(f"{len(strangers)} id(s) of {where} are not among the {len(samples)} samples", strangers)
        if missing == "raise":
            raise DataError(
                f"{text}\nAdd these images, or leave them out with missing='drop' (train: --set data.split_missing=drop)."
            )
        warnings.warn(f"Left out: {text}", stacklevel=3)
    chosen = {name: [known[ids[0]] for _, ids in pairs if ids] for name, pairs in found.items()}
    _refuse_twice([sample.id for part in chosen.values() for sample in part], where)
    empty = [name for name, part in chosen.items() if lists[name] and not part]
    if empty:
        raise DataError(f"None of the images of {where} for {', '.join(empty)} is there. Are they of this data set?")
    return chosen


def _listed(headline: str, lines: list[str]) -> str:
    """As `listed`, of lines that may hold anything."""
    return listed(headline, [one_line(line) for line in lines])


def load_split(folder: Path | str, samples: Sequence[Sample], missing: str = "raise") -> dict[str, list[Sample]]:
    """Samples of the lists in a folder, by set; samples in no list are left out with a warning that lists them.

    Args:
        folder: folder that `save_split` wrote, or with lists of yours, see `read_split` and `apply_split`.
        samples: the samples.
        missing: `"raise"` or `"drop"` names that are not among the samples.

    Raises:
        DataError: a list is missing or empty, or an id is named twice or not among the samples.

    Example:
        >>> load_split("Datasets/folder1", samples, missing="drop")["val"]
    """
    chosen = apply_split(read_split(folder), samples, f"the lists in {folder}", missing)
    taken = {sample.id for part in chosen.values() for sample in part}
    others = [sample.id for sample in samples if sample.id not in taken]
    if others:
        headline = f"{len(others)} of {len(samples)} image(s) that are in none of the lists in {folder}"
        warnings.warn(f"Left out: {listed(headline, others)}", stacklevel=2)
    return chosen
