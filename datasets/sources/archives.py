"""Archives that lie in a folder and were never unpacked."""

import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from keras_rau.datasets.files import composed, is_image, is_litter
from keras_rau.datasets.findings import Listing

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar", ".7z")


def is_archive(path: Path) -> bool:
    """Whether the suffix is one of an archive."""
    return path.name.lower().endswith(_SUFFIXES)


def list_archives(files: Iterable[Path], listing: Listing) -> None:
    """Add a finding for every archive whose images are not there unpacked.

    Args:
        files: all files of the data set.
        listing: takes the findings.
    """
    files = list(files)
    archives = [path for path in files if is_archive(path)]
    if not archives:
        return
    names = {composed(path.name).lower() for path in files}
    for path in archives:
        if path.suffix.lower() == ".zip":
            _look_into(path, names, listing)
        elif not path.with_name(path.name[: path.name.lower().index(_suffix(path))]).is_dir():
            listing.add(
                "archive_packed", f"{path} is an archive. Unpack it if its images belong to the data set.", path
            )


def _suffix(path: Path) -> str:
    return next(suffix for suffix in sorted(_SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix))


def _look_into(path: Path, names: set[str], listing: Listing) -> None:
    # Nothing is read from a pipe, which would never end.
    if not path.is_file():
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    # Damaged archives make zipfile raise nearly anything.
    except Exception as error:
        listing.add("archive_packed", f"{path} is an archive and cannot be opened: {error}. Download it again.", path)
        return
    images = {
        composed(member.name).lower()
        for member in members
        if is_image(member) and not any(map(is_litter, member.parts))
    }
    packed = images - names
    if packed:
        listing.add(
            "archive_packed",
            f"{path} is packed: {len(packed)} of its {len(images)} images are not in the folder. Unpack it.",
            path,
        )


def packed_remark(listing: Listing) -> str:
    """What a refusal of a folder adds about the archives that lie packed in it; empty when there are none."""
    return "".join(f" {finding.message}" for finding in listing.findings if finding.kind == "archive_packed")
