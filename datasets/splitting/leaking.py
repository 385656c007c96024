"""Images of one set that another set shows too."""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any, Literal

from keras_rau.datasets.files import listed
from keras_rau.datasets.findings import Finding
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.splitting.duplicates import Pair, similar
from keras_rau.datasets.splitting.groups import known_pairs
from keras_rau.errors import DataError

Pairs = Path | str | Iterable[Pair] | Literal["find"] | None
# Names that mean the same image or lesion in every data set: of the ISIC archive, HAM10000 and PH2.
_ARCHIVE = re.compile(r"(ISIC|HAM|IL|IP|IMD)_?\d+", re.IGNORECASE)
# The same after folders, in ids by path.
_BELOW = re.compile(r".*_(ISIC_\d{7}|IMD\d{3})", re.IGNORECASE)
Member = tuple[str, Sample]


def identity(name: str, source: str) -> str:
    """What tells one image or lesion from another: the name of an archive, else the name within its source.

    Example:
        >>> identity("isic_0000001", "isic2017") == identity("ISIC_0000001", "isic2018")
        True
    """
    archived = _archived(name)
    return f"{source}/{name}" if archived is None else archived


def _archived(name: str) -> str | None:
    """Return the name that the ISIC archive, HAM10000 or PH2 gave, in upper case."""
    if _ARCHIVE.fullmatch(name):
        return name.upper()
    below = _BELOW.fullmatch(name)
    return below[1].upper() if below else None


def leakage(sets: Mapping[str, Sequence[Sample]], pairs: Pairs = None) -> list[Finding]:
    """Find what two sets of samples have in common: an id, a file, a lesion or group, a near duplicate.

    The sets may be of different sources: ids of the ISIC archive are the same in each of its data sets.

    Args:
        sets: samples by the name of their set.
        pairs: near duplicates to look for: what `near_duplicates` found, a CSV file of pairs of ids, or `"find"`, which
            searches for them across the sets; `None`: none.

    Returns:
        Findings of the kind `"leakage"`; each pair of images once, by the surest reason.

    Raises:
        DataError: an image cannot be read.

    Example:
        >>> leakage({"train": load("isic2017", "ISIC2017"), "test": load("isic2018", "ISIC2018")})
    """
    members = [(name, sample) for name, samples in sets.items() for sample in samples]
    reasons: list[tuple[str, Iterable[tuple[Member, Member]]]] = [
        ("are the same image", _sharing(members, _images)),
        ("are the same file", _same_files(members)),
        ("are near duplicates", _near(members, pairs)),
        ("show the same lesion or are of one group", _sharing(members, _lesions)),
    ]
    seen: set[frozenset[tuple[str, Path]]] = set()
    findings = []
    for reason, found in reasons:
        for one, other in found:
            both = frozenset((name, sample.image) for name, sample in (one, other))
            if both not in seen:
                seen.add(both)
                findings.append(_finding(one, other, reason))
    return findings


def check_leakage(sets: Mapping[str, Sequence[Sample]], allow: bool = False, pairs: Pairs = None) -> None:
    """Refuse sets that have images in common.

    Args:
        sets: as of `leakage`.
        allow: only warn.
        pairs: as of `leakage`.

    Raises:
        DataError: they do, and it is not allowed; the message counts the findings and names the first ten.

    Example:
        >>> check_leakage({"train": train, "val": val, "test": test})
    """
    found = leakage(sets, pairs)
    if not found:
        return
    text = listed(f"{len(found)} case(s) of leakage between {', '.join(sets)}", [finding.message for finding in found])
    if allow:
        warnings.warn(f"Scores will be too good: {text}", stacklevel=2)
        return
    raise DataError(
        f"{text}\nTake these out of one of the sets, or split with near duplicates in one group "
        "(train: --set data.near_duplicates=find); to go on all the same, allow it (--set data.allow_leakage=true)."
    )


def _finding(one: Member, other: Member, reason: str) -> Finding:
    (first, a), (second, b) = one, other
    if reason == "are the same image" and a.id == b.id:
        message = f"{a.id} is in {first} and in {second}"
    else:
        message = f"{a.id} of {first} and {b.id} of {second} {reason}"
    return Finding("leakage", message, path=b.image, sample=b.id)


def _sharing(members: Sequence[Member], keys: Callable[[Sample], Iterable[Any]]) -> list[tuple[Member, Member]]:
    """Pairs across sets that have a key in common."""
    holders: dict[Any, list[Member]] = {}
    for member in members:
        for key in dict.fromkeys(keys(member[1])):
            holders.setdefault(key, []).append(member)
    return [pair for group in holders.values() for pair in _across(group)]


def _across(group: Sequence[Member]) -> list[tuple[Member, Member]]:
    """Each sample of a later set with one of each earlier set; a large group would give pairs without end."""
    names = list(dict.fromkeys(name for name, _ in group))
    by_set = {name: [member for member in group if member[0] == name] for name in names}
    return [(by_set[first][0], later) for first, second in combinations(names, 2) for later in by_set[second]]


def _images(sample: Sample) -> list[str]:
    # Two folders of somebody's own may well hold an image 001 each.
    return [_archived(sample.id) or str(sample.image)]


def _lesions(sample: Sample) -> list[str]:
    known = [str(sample.metadata.get(column) or "").strip() for column in ("lesion_id", "patient_id")]
    group = "" if sample.group == sample.id else sample.group
    return [identity(name, sample.source) for name in (group, *known) if name]


def _same_files(members: Sequence[Member]) -> list[tuple[Member, Member]]:
    def size(sample: Sample) -> list[int]:
        try:
            return [sample.image.stat().st_size]
        except OSError:
            # What is missing is reported by whoever reads it.
            return []

    # Only files of one size can be equal, so that few are read.
    sizes: dict[int, set[str]] = {}
    for name, sample in members:
        for bytes_ in size(sample):
            sizes.setdefault(bytes_, set()).add(name)
    alike = [member for member in members if any(len(sizes[bytes_]) > 1 for bytes_ in size(member[1]))]
    return _sharing(alike, lambda sample: [hashlib.sha256(sample.image.read_bytes()).digest()])


def _near(members: Sequence[Member], pairs: Pairs) -> list[tuple[Member, Member]]:
    if pairs is None:
        return []
    if isinstance(pairs, str) and pairs == "find":
        numbers = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in members))}
        found = similar([sample for _, sample in members], sets=[numbers[name] for name, _ in members])
        return [(members[first], members[second]) for first, second, _ in found]
    by_id: dict[str, list[Member]] = {}
    for member in members:
        by_id.setdefault(member[1].id, []).append(member)
    known = known_pairs([sample for _, sample in members], pairs)
    both = [pair for first, second in known for pair in product(by_id[first], by_id[second])]
    return [(one, other) for one, other in both if one[0] != other[0]]


def trained_on(model: dict[str, Any]) -> set[str]:
    """Identities of the images that a model was trained on, from the content of its sidecar."""
    lists = [(model.get("dataset", ""), model.get("split", {}).get("train", [])), *model.get("also_train", {}).items()]
    return {identity(name, source) for source, names in lists for name in names}


def chosen_by(model: dict[str, Any]) -> set[str]:
    """Identities of the images that the best epoch of a model was chosen by, from the content of its sidecar."""
    return {identity(name, model.get("dataset", "")) for name in model.get("split", {}).get("val", [])}
