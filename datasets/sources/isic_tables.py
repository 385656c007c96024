"""The CSV files of the ISIC challenges."""

from pathlib import Path

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.isic_years import YEARS, Part, Year
from keras_rau.datasets.sources.scanning import Tree
from keras_rau.datasets.sources.tables import Table, add_row, header, image_id, read_lines, read_table
from keras_rau.strangers import one_line

# Who drew an outline and with what: our own table, and that of IMA++, one row for each outline.
_OUTLINES = ("outlines.csv", "IMAplusplus_seg_metadata.csv")
_OUTLINE_COLUMNS = {"annotator": "annotator", "tool": "tool", "skill": "skill", "skill_level": "skill"}
# What the official archives hold beside images and masks, and our own table, in lower case.
EXTRAS = frozenset(
    {"metadata.csv", *(name.lower() for name in _OUTLINES)}
    | {
        name.lower()
        for year in YEARS.values()
        for part in year.parts.values()
        for name in (*part.tables, part.diagnoses)
        if name
    }
)
# Column of the ids in what the ISIC Archive's gallery and `isic metadata download` give.
ARCHIVE_ID = "isic_id"
_2016_DIAGNOSES = {"benign": "benign", "malignant": "malignant", "0": "benign", "1": "malignant"}
_2017_DIAGNOSES = {
    ("1", "0"): "melanoma",
    ("0", "1"): "seborrheic_keratosis",
    ("0", "0"): "nevus",
}


def tables(year: Year, image_folders: dict[str, list[Path]], tree: Tree, listing: Listing) -> list[tuple[Path, Table]]:
    """All tables about a year: the official ones, and at or above a folder of images every `metadata.csv`, every table of
    outlines, and every table of the ISIC Archive, which has a column `isic_id`.

    Args:
        year: the challenge.
        image_folders: official set -> its folders of images.
        tree: the files.
        listing: takes the findings.
    """
    found = []
    for split, folders in image_folders.items():
        if folders:
            found += _official(year, year.parts[split], folders[0], tree, listing)
    above = {path for folders in image_folders.values() for folder in folders for path in (folder, *folder.parents)}
    beside = [path for path in tree.all_files() if path.parent in above and path.suffix.lower() == ".csv"]
    outlines = [path for path in tree.named(*_OUTLINES) if path.parent in above]
    read = {path for path, _ in found} | set(outlines)
    own = [path for path in beside if path not in read and (path.name.lower() == "metadata.csv" or _of_archive(path))]
    found += [(path, read_table(path, ["image_id", ARCHIVE_ID], listing)) for path in own]
    return found + [(path, _outlines(path, listing)) for path in outlines]


def _of_archive(path: Path) -> bool:
    return ARCHIVE_ID in [cell.lower() for cell in header(path)]


def _outlines(path: Path, listing: Listing) -> Table:
    """Return who drew the outline of an image and with what, where it has one outline; else how many it has."""
    rows = read_lines(path, listing)
    titles = [cell.strip().lower() for cell in rows[0]] if rows else []
    places = [place for place, name in enumerate(titles) if name in ("image", "isic_id", "image_id")]
    if rows and not places:
        listing.add("metadata_unreadable", f"{path} has no column 'image'. Its columns: {', '.join(titles)}", path)
    drawn: dict[str, list[dict[str, str]]] = {}
    for row in rows[1:] if places else []:
        cells = dict(zip(titles, (cell.strip() for cell in row), strict=False))
        name = image_id(cells.get(titles[places[0]], ""))
        if name:
            drawn.setdefault(name, []).append(
                {column: cells[key] for key, column in _OUTLINE_COLUMNS.items() if cells.get(key)}
            )
    return {name: {**(each[0] if len(each) == 1 else {}), "outlines": str(len(each))} for name, each in drawn.items()}


def _official(year: Year, part: Part, images: Path, tree: Tree, listing: Listing) -> list[tuple[Path, Table]]:
    found = [(path, read_table(path, ["image_id"], listing)) for path in tree.named(*part.tables)]
    if part.diagnoses is not None:
        read = _diagnoses_2016 if year.name == "isic2016" else _diagnoses_2017
        found += [(path, read(path, listing)) for path in tree.named(part.diagnoses)]
    if part.tables and not found:
        text = f"No table about {images} was found; {part.tables[0]} and {part.diagnoses} hold age and diagnosis."
        listing.add("metadata_missing", text, images)
    return found


def _diagnoses_2016(path: Path, listing: Listing) -> Table:
    found: Table = {}
    for row in read_lines(path, listing):
        word = row[1].strip().lower().removesuffix(".0") if len(row) > 1 else ""
        if word not in _2016_DIAGNOSES:
            _unknown(path, row, "benign, malignant, 0 or 1", listing)
            return {}
        add_row(found, image_id(row[0].strip()), {"diagnosis": _2016_DIAGNOSES[word]}, path, listing)
    return found


def _diagnoses_2017(path: Path, listing: Listing) -> Table:
    found: Table = {}
    for name, row in read_table(path, ["image_id"], listing).items():
        marks = tuple(str(row.get(column, "")).removesuffix(".0") for column in ("melanoma", "seborrheic_keratosis"))
        if marks not in _2017_DIAGNOSES:
            _unknown(path, [name, *marks], "0 or 1 for melanoma and seborrheic_keratosis, and not both 1", listing)
            return {}
        found[name] = {"diagnosis": _2017_DIAGNOSES[marks]}
    return found


def _unknown(path: Path, row: list[str], expected: str, listing: Listing) -> None:
    listing.add("metadata_unreadable", f"{path} should give {expected}. Received: {one_line(', '.join(row))}", path)
