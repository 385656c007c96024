"""Findings as one error and a few warnings."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from keras_rau.datasets.files import listed
from keras_rau.datasets.findings import Finding, Listing, errors
from keras_rau.errors import DataError

_ADVICE = "Add what is missing, or leave these out with unpaired='drop' (--option unpaired=drop)."
_BY_PATH = (
    'As typed: datasets.load("folder", root, ids="path"), or --option ids=path on the command line. '
    "Lists with the old names still fit where a name is unique."
)
_FOLDERS = 5
_UNPAIRED = ("mask_missing", "image_missing")


def raise_errors(listing: Listing, root: Path | str) -> None:
    """Raise one error that names every finding that stops a training; each kind lists its first ten.

    Raises:
        DataError: there is such a finding.
    """
    found = errors(listing.findings)
    # That no pair is left is the consequence when partners are missing.
    if any(finding.kind in _UNPAIRED for finding in found):
        found = [finding for finding in found if finding.kind != "no_images"]
    if not found:
        return
    kinds: dict[str, list[Finding]] = {}
    for finding in found:
        kinds.setdefault("unpaired" if finding.kind in _UNPAIRED else finding.kind, []).append(finding)
    parts = [_part(kind, group, root) for kind, group in kinds.items()]
    if len(parts) > 1:
        parts.insert(0, f"{len(found)} problem(s) in {root}.")
    raise DataError("\n".join(parts))


def _part(kind: str, group: Sequence[Finding], root: Path | str) -> str:
    messages = [finding.message for finding in group]
    if kind == "unpaired":
        return f"{listed(f'{len(group)} file(s) in {root} have no partner', messages)}\n{_ADVICE}"
    text = messages[0] if len(messages) == 1 else listed(f"{len(messages)} × {kind}", messages)
    by_path = any("ids='path'" in message for message in messages)
    return f"{text}\n{_BY_PATH}" if by_path else text


def warn(listing: Listing) -> None:
    """One Python warning for the warnings of each kind and folder; nothing for notes."""
    kinds: dict[str, list[Finding]] = {}
    for finding in listing.findings:
        if finding.severity == "warning":
            kinds.setdefault(finding.kind, []).append(finding)
    for kind, found in kinds.items():
        folders = {finding.path.parent for finding in found if finding.path is not None}
        # PH2 has three folders an image, of which a warning each would bury everything else.
        if kind != "file_passed_over" or len(folders) > _FOLDERS:
            _warn(kind, Path(os.path.commonpath(folders)), found)
            continue
        for folder in sorted(folders):
            _warn(kind, folder, [finding for finding in found if finding.path.parent == folder])


def _warn(kind: str, folder: Path, group: Sequence[Finding]) -> None:
    messages = [finding.message for finding in group]
    text = messages[0] if len(group) == 1 else listed(f"{len(group)} × {kind} in {folder}", messages)
    if kind == "unpaired_left_out":
        text = f"Left out: {listed(f'{len(group)} file(s) in {folder} have no partner', messages)}"
    elif kind == "file_passed_over":
        text = f"Left out: {listed(f'{len(group)} file(s) or folder(s) in {folder}', messages)}"
    warnings.warn(text, stacklevel=5)
