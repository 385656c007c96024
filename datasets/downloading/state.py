"""What of a data set is there already, and what is to be fetched."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keras_rau.datasets.downloading.archives import BASE_URL, Archive, archives
from keras_rau.datasets.downloading.checksums import RECORD as SUMS
from keras_rau.datasets.downloading.checksums import difference, digests, read_sums
from keras_rau.datasets.downloading.connection import Remote, Unreachable
from keras_rau.datasets.downloading.transfer import arrived, look
from keras_rau.errors import DataError, UsageError
from keras_rau.strangers import read_json

_RECORD = "downloaded.json"


@dataclass(frozen=True)
class Step:
    """One archive: `remote` is `None` when it need not be fetched, `trouble` says why the server could not be asked."""

    archive: Archive
    url: str
    target: Path
    packed: Path
    complete: str = ""
    remote: Remote | None = None
    trouble: str = ""

    @property
    def size(self) -> int | None:
        """Bytes to be had from the server, by its word or else by public sources."""
        if self.remote is not None:
            return self.remote.size
        return self.packed.stat().st_size if self.packed.exists() else self.archive.size

    @property
    def missing(self) -> int:
        """Bytes still to be fetched, as far as the server says."""
        if self.remote is None or self.remote.size is None:
            return 0
        return self.remote.size - arrived(self.remote, self.packed)


@dataclass
class Plan:
    """What a download would do."""

    name: str
    root: Path
    steps: list[Step] = field(default_factory=list)

    @property
    def to_do(self) -> list[Step]:
        """Steps that are not complete."""
        return [step for step in self.steps if not step.complete]

    def room(self, keep_archives: bool) -> int:
        """Bytes that archives and unpacked files need together; images take about as much unpacked as packed."""
        missing = sum(step.missing for step in self.to_do)
        sizes = [step.size or 0 for step in self.to_do if not step.archive.is_table]
        twice = sum(sizes) if keep_archives else max(sizes, default=0)
        return missing + twice


def plan(
    name: str,
    root: Path | str,
    parts: Sequence[str] | None = None,
    base_url: str = BASE_URL,
    *,
    tolerant: bool = False,
) -> Plan:
    """Find out what a download would do; nothing is written.

    Args:
        name: `"isic2016"`, `"isic2017"` or `"isic2018"`.
        root: folder of the data set; need not exist.
        parts: of `"training"`, `"validation"`, `"test"`; `None` for all.
        base_url: server; the year and the file name are added.
        tolerant: a server that cannot be asked is no error but noted in the steps.

    Raises:
        UsageError: name, part or URL cannot be.
        DataError: `root` is a file, what is in it is not whole, or the server cannot be asked.
    """
    root = Path(root)
    wanted = archives(name, None if parts is None else list(parts))
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise UsageError(f"The server must be an https:// or http:// address. Received: {base_url!r}")
    if root.exists() and not root.is_dir():
        raise DataError(f"{root} is a file; name a folder.")
    found, lost = Plan(name, root), ""
    for archive in wanted:
        url = f"{base_url.rstrip('/')}/{name.removeprefix('isic')}/{archive.file}"
        step = Step(archive, url, archive.target(root), root / archive.file, complete_note(archive, root))
        if not step.complete and (archive.is_table or not step.packed.exists()):
            remote, trouble = None, lost
            try:
                remote = None if lost else look(url)
            except DataError as error:
                if not tolerant:
                    raise
                trouble = str(error)
                lost = trouble if isinstance(error, Unreachable) else ""
            step = Step(archive, url, step.target, step.packed, "", remote, trouble)
        found.steps.append(step)
    return found


def complete_note(archive: Archive, root: Path) -> str:
    """Why nothing has to be done for an archive, in words; `""` if something has.

    Raises:
        DataError: what is there is not whole or has changed.
    """
    target = archive.target(root)
    if not target.exists():
        return ""
    if target.is_dir() == archive.is_table:
        raise DataError(f"{target} is in the way: it should be a {'file' if archive.is_table else 'folder'}. Move it.")
    if archive.is_table:
        known = read_sums(root / SUMS).get(archive.file) if (root / SUMS).exists() else None
        differs = known and difference(str(target), digests(target, lambda *_: None), {f"{root / SUMS}": known})
        if differs:
            raise DataError(f"{differs}. Move it away to have it fetched again.")
        return "there" if known else "there (not from this command, and not checked)"
    record = _read(root).get(archive.file)
    expected = _counts(record, root) if record else {archive.suffix: archive.count}
    found = count_files(target)
    for suffix, number in expected.items():
        if found.get(suffix, 0) < number:
            raise DataError(
                f"{target} is not whole: it holds {found.get(suffix, 0)} of {number} {suffix} files. "
                "Move it away to have it fetched again."
            )
    return "there" if record else "there (not from this command, but with as many files as it should hold)"


def count_files(folder: Path) -> dict[str, int]:
    """Files in a folder by suffix; hidden ones, which systems put there, are not counted."""
    return dict(Counter(p.suffix.lower() for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")))


def record(step: Step, sums: dict[int, str], folder: Path) -> None:
    """Keep what was unpacked into `folder`, from where."""
    entry = {"url": step.url, "sha256": sums[64], "files": count_files(folder)}
    path = step.target.parent / _RECORD
    fresh = path.with_name(f".{_RECORD}")
    fresh.write_text(json.dumps({**_read(step.target.parent), step.archive.file: entry}, indent=2) + "\n")
    fresh.replace(path)


def _read(root: Path) -> dict[str, Any]:
    path = root / _RECORD
    try:
        return read_json(path) if path.exists() else {}
    except DataError as error:
        raise DataError(f"{error} Remove it; the folders beside it are counted then.") from error


def _counts(entry: Any, root: Path) -> dict[str, int]:
    counts = entry.get("files") if isinstance(entry, dict) else None
    if not isinstance(counts, dict) or not all(isinstance(count, int) for count in counts.values()):
        raise DataError(f"{root / _RECORD} is damaged. Remove it; the folders beside it are counted then.")
    return counts
