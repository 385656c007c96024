"""Whether a file is the one that was meant: sums known beforehand, and those of earlier downloads."""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from keras_rau.errors import DataError
from keras_rau.strangers import LARGEST_LIST, read_text, shown

RECORD = "checksums.sha256"
_LINE = re.compile(r"([0-9a-fA-F]{64}|[0-9a-fA-F]{32})[ \t]+\*?(\S.*)")


def read_sums(path: Path) -> dict[str, str]:
    """Sums by file name, from a file as `sha256sum` or `md5sum` writes it; folders before a name do not matter.

    Raises:
        DataError: the file is missing, or a line is not of that form.
    """
    try:
        lines = read_text(path, LARGEST_LIST).splitlines()
    except DataError as error:
        raise DataError(f"The checksums {error}") from error
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        name = PurePosixPath(match[2]).name if match else ""
        if match is None or sums.setdefault(name, match[1].lower()) != match[1].lower():
            raise DataError(
                f"{path}, line {number}: expected `SHA-256 (or MD5)  NAME`, each name once. Received: {shown(line)}"
            )
    return sums


def record_sum(root: Path, name: str, sha256: str) -> None:
    """Add a file to the record in `root`, which `sha256sum --ignore-missing -c` reads."""
    path = root / RECORD
    sums = {**(read_sums(path) if path.exists() else {}), name: sha256}
    fresh = path.with_name(f".{RECORD}")
    fresh.write_text("".join(f"{value}  {file}\n" for file, value in sorted(sums.items())), encoding="utf-8")
    fresh.replace(path)


def digests(path: Path, progress: Callable[[int, int | None], None]) -> dict[int, str]:
    """SHA-256 and MD5 of a file by their length in hexadecimal digits."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    done, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
            md5.update(block)
            done += len(block)
            progress(done, size)
    return {64: sha256.hexdigest(), 32: md5.hexdigest()}


def difference(name: str, found: Mapping[int, str], expected: Mapping[str, str | None]) -> str | None:
    """What differs, in words, or `None`.

    Args:
        name: the file.
        found: what `digests` returned.
        expected: sum by where it comes from; `None` where that knows none.
    """
    for origin, value in expected.items():
        if value is not None and found[len(value)] != value:
            return f"{name} has the sum {found[len(value)]}, but {origin} says {value}"
    return None
