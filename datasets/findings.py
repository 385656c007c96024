"""What can be odd or wrong about the files of a data set, and how it is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from keras_rau.datasets.samples import Sample
from keras_rau.strangers import one_line

# Characters of a message; a path alone may have 4096.
_LONGEST = 9000

# kind -> severity. An `error` stops a training; a `warning` says that something was left out or is doubtful; a `note` is
# worth knowing. The kinds are names in files that users keep: a test lists them.
KINDS = {
    # what the folder holds
    "folder_missing": "error",
    "no_images": "error",
    "mask_missing": "error",
    "image_missing": "error",
    "id_twice": "error",
    "mask_of_another_set": "error",
    "ids_differ_in_case": "warning",
    "unpaired_left_out": "warning",
    "file_passed_over": "warning",
    "archive_packed": "warning",
    "metadata_unreadable": "error",
    "metadata_contradictory": "warning",
    "metadata_ambiguous": "error",
    "metadata_missing": "note",
    "metadata_of_no_image": "warning",
    "table_not_read": "note",
    "groups_not_used": "note",
    "groups_missing": "note",
    "sets_by_folder": "note",
    # single files
    "file_unreadable": "error",
    "file_empty": "error",
    "suffix_differs": "warning",
    "several_pictures": "warning",
    "image_too_small": "error",
    "image_constant": "warning",
    "bit_depth_guessed": "warning",
    "bit_depths_differ": "error",
    "size_differs": "error",
    "orientation_ambiguous": "warning",
    "mask_of_greys": "error",
    "mask_inverted": "warning",
    "mask_empty": "warning",
    "mask_full": "warning",
    "mask_is_image": "error",
    "mask_numbers_differ": "warning",
    # masks of several classes
    "class_unknown": "error",
    "classes_overlap": "error",
    "class_absent": "warning",
    # between files
    "near_duplicate": "warning",
    "same_picture": "warning",
    "same_mask": "note",
    "leakage": "error",
    # the data set as a whole
    "split_unusable": "error",
    "schema_anomaly": "warning",
    "drift": "warning",
    "skew": "warning",
    "class_imbalance": "note",
    "area_imbalance": "note",
    "resized_copy": "note",
    "outlier": "note",
}


@dataclass(frozen=True)
class Finding:
    """Something about the files of a data set that its user should know.

    Attributes:
        kind: one of `KINDS`.
        message: one line that names the file and says what to do.
        path: the file or folder, or `None`.
        sample: id of the sample, or `None`.
        remedy: what to do about all findings of the kind at once, said once for many of them.
    """

    kind: str
    message: str
    path: Path | None = None
    sample: str | None = None
    remedy: str = ""

    def __post_init__(self) -> None:
        # Names of files and cells of tables may hold anything.
        object.__setattr__(self, "message", one_line(self.message, _LONGEST))

    @property
    def severity(self) -> str:
        """`"error"`, `"warning"` or `"note"`."""
        return KINDS[self.kind]


@dataclass
class Listing:
    """What a folder holds: its samples, what is to be said about the rest, and the tables that were read."""

    samples: list[Sample] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)

    def add(self, kind: str, message: str, path: Path | None = None, sample: str | None = None) -> None:
        """Append a finding."""
        self.findings.append(Finding(kind, message, path, sample))


def remedies(findings: Iterable[Finding]) -> list[str]:
    """Return what to do about the findings, each remedy once; where many folders differ, the first three."""
    return list(dict.fromkeys(finding.remedy for finding in findings if finding.remedy))[:3]


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop a training."""
    return [finding for finding in findings if finding.severity == "error"]
