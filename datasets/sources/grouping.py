"""Which images a split must keep together, and what is said where nothing tells."""

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_rau.datasets.files import is_litter
from keras_rau.datasets.findings import Finding, Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.set_names import words_of
from keras_rau.datasets.sources.tables import header
from keras_rau.strangers import one_line

TABLES = {".csv", ".tsv", ".tab", ".xlsx", ".xls", ".ods", ".parquet"}
# Kinds of notes about groups, which a training prints.
NOTES = ("groups_missing", "groups_not_used", "table_not_read", "sets_by_folder")
# Words of columns that tell whose picture it is; the coarsest first.
_WHOSE = ("patient", "subject", "person", "case", "participant", "lesion")
_ID_WORDS = {"id", "no", "nr", "number", "code", "key", "name", "uid", "hash", "pseudonym", "index"}
# What tables say of a patient whom nobody knows, without spaces and punctuation.
_NOBODY = {"", "na", "nan", "none", "null", "nil", "unknown", "unk", "missing", "notavailable", "notapplicable"}
_HOW = {
    "folder": "name a table and its column with the options metadata and group_column, such as metadata=patients.csv and "
    "group_column=patient",
    **dict.fromkeys(
        ("isic2016", "isic2017", "isic2018"),
        "put the metadata of the ISIC Archive, which has the columns patient_id and lesion_id, beside the images as "
        "metadata.csv",
    ),
    "ham10000": "put HAM10000_metadata.csv, which has the column lesion_id, beside the images",
}


def whose(columns: Iterable[str]) -> str | None:
    """Return the column that tells patients or lesions apart, by its name; `None` if there is none.

    Example:
        >>> whose(["image_id", "lesion_id", "Patient ID"])
        'Patient ID'
    """
    columns = list(columns)
    for word in _WHOSE:
        for column in columns:
            words = set(words_of(column))
            if words & {word, f"{word}id"} and words <= {word, f"{word}id", *_ID_WORDS}:
                return column
    return None


def group_value(cell: Any) -> str:
    """Return what a table says about the patient or lesion of an image; `""` for what only says that nobody knows.

    Else all images of unknown patients would be one patient's.

    Example:
        >>> group_value(" IP_1 "), group_value("N/A")
        ('IP_1', '')
    """
    text = "" if cell is None else str(cell).strip()
    return "" if re.sub(r"[\W_]+", "", text.casefold()) in _NOBODY else text


def join_groups(samples: Sequence[Sample], columns: Sequence[str]) -> list[Sample]:
    """Return samples in groups that share a value in any of the columns: a lesion, or a patient with several lesions.

    Args:
        samples: the samples.
        columns: of their metadata; those of the first name a group where an image has a value there.
    """
    from scipy.cluster.hierarchy import DisjointSet

    # A value by the place of its column: the least of a group names it.
    keys = [
        [(place, value) for place, column in enumerate(columns) if (value := group_value(s.metadata.get(column)))]
        for s in samples
    ]
    joined = DisjointSet(key for own in keys for key in own)
    for own in keys:
        for other in own[1:]:
            joined.merge(own[0], other)
    names = {key: min(subset)[1] for subset in joined.subsets() for key in subset}
    return [replace(sample, group=names[own[0]]) if own else sample for sample, own in zip(samples, keys, strict=True)]


def no_groups(samples: Sequence[Sample]) -> Finding | None:
    """Return a note if nothing says which of the samples show one lesion or patient.

    Drawn phantoms are nobody's.
    """
    source = samples[0].source if samples else ""
    if len(samples) < 2 or source == "phantom" or any(sample.group != sample.id for sample in samples):
        return None
    how = _HOW.get(source, "list near duplicates, or pairs of ids, with data.near_duplicates")
    return Finding(
        "groups_missing",
        f"Nothing says which of the {len(samples)} images are of one patient or lesion, so that a split may part them, and "
        f"scores come out too good. If some are, {how}.",
    )


def note_groups(listing: Listing, root: Path, source: str) -> None:
    """Add notes about tables that are not read, columns of patients that are not used, and groups that are missing.

    Args:
        listing: what was found; takes the notes.
        root: folder of the data set.
        source: name of the source.
    """
    if source == "phantom":
        return
    done = {*listing.tables, *(finding.path for finding in listing.findings)}
    for path in _beside(listing.samples, root):
        if path not in done:
            listing.add("table_not_read", _not_read(path, source), path)
    columns = dict.fromkeys(
        column for sample in listing.samples for column, cell in sample.metadata.items() if group_value(cell)
    )
    grouped = any(sample.group != sample.id for sample in listing.samples)
    column = whose(columns)
    if column is not None and not grouped and len(listing.samples) > 1:
        how = (
            f"with the option group_column={column}" if source == "folder" else "by calling it patient_id or lesion_id"
        )
        text = (
            f"The table has the column {column}, which no split heeds, so that images of one value may come into two sets. "
            f"Keep them together {how}."
        )
        listing.add("groups_not_used", one_line(text, 600))
    elif source == "ham10000" and not listing.tables:
        return  # the missing table is named already
    elif (note := no_groups(listing.samples)) is not None:
        listing.findings.append(note)


def _beside(samples: Sequence[Sample], root: Path) -> list[Path]:
    """Tables in the folders of images and masks and in those that lead there."""
    files = [path for sample in samples for path in (sample.image, sample.mask) if path is not None]
    folders = {root} | {
        up for path in {file.parent for file in files} for up in (path, *path.parents) if root in up.parents
    }
    found = []
    for folder in sorted(folders):
        with suppress(OSError), os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not is_litter(entry.name))
            found += [folder / name for name in names if Path(name).suffix.lower() in TABLES]
    return found


def _not_read(path: Path, source: str) -> str:
    columns = header(path) if path.suffix.lower() in (".csv", ".tsv", ".tab") else []
    said = f" Its columns: {one_line(', '.join(columns))}." if columns else ""
    if source == "folder":
        column = whose(columns)
        how = f"metadata={path.name}" + (f" and group_column={column}" if column else "")
        return f"{path} is a table beside the images, and is not read.{said} To use it, say {one_line(how)}."
    return (
        f"{path} is a table beside the images, and is not read.{said} To use it, call it metadata.csv, with the ids in a "
        "column image_id."
    )
