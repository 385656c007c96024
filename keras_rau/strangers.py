"""Text files that somebody else wrote: read up to a stated size, and repeated in messages by one line at most."""

import json
import reprlib
import stat
from pathlib import Path
from typing import Any

from keras_rau.errors import DataError, RauError

# Bytes.
LARGEST_TABLE = 256 << 20
LARGEST_LIST = 64 << 20
LARGEST_JSON = 64 << 20
_DEEPEST_JSON = 64
_LINE = 160


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother, self.maxlong = 3, 100, 100, 40

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write the digits of a huge number.
        return repr(x) if x.bit_length() <= 128 else f"<a number of {x.bit_length()} bits>"


def shown(value: Any, limit: int = _LINE) -> str:
    """Return the `repr` of a value, cut to one line; of a deep or large one only the beginning is looked at.

    Example:
        >>> shown([[[[["a"]]]]])
        '[[[[...]]]]'
    """
    try:
        text = repr(value) if isinstance(value, str) and len(value) <= limit else _Short().repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return one_line(text, limit)


def one_line(text: str, limit: int = _LINE) -> str:
    r"""Return text as one printable line of at most `limit` characters.

    What would move the cursor of a terminal is written as `\x1b`.

    Example:
        >>> one_line("a\nb")
        'a\\nb'
    """
    cut = text[: limit + 1]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in cut)
    return cut if len(cut) <= limit else f"{cut[: limit - 1]}…"


def read_bytes(path: Path | str, largest: int, error: type[RauError] = DataError) -> bytes:
    """Return the content of a regular file of at most `largest` bytes.

    Args:
        path: the file; a link to one will do.
        largest: bytes.
        error: class of the error to raise.

    Raises:
        RauError: it is missing, no regular file (a pipe or a device would never end), unreadable or larger.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise error(f"{path} is a folder, pipe or device; name a file.")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as failure:
        if isinstance(failure, RauError):
            raise
        # A null character in a name is a ValueError.
        raise error(f"{path} cannot be read: {getattr(failure, 'strerror', None) or failure}.") from failure
    if len(content) > largest:
        raise error(f"{path} is larger than {largest:,} bytes, which no such file should be.")
    return content


def read_text(path: Path | str, largest: int, error: type[RauError] = DataError) -> str:
    """Return the UTF-8 text of a regular file of at most `largest` bytes; a byte order mark is dropped.

    Raises:
        RauError: as of `read_bytes`; or it is not UTF-8 text.
    """
    try:
        return read_bytes(path, largest, error).decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise error(f"{path} is not UTF-8 text (byte {failure.start}).") from failure


def parse_json(text: str | bytes, name: Path | str, error: type[RauError] = DataError) -> dict[str, Any]:
    """Return the object that a JSON text holds.

    Args:
        text: the text.
        name: what to call it in messages.
        error: class of the error to raise.

    Raises:
        RauError: it is not JSON, holds another thing than an object, or is nested too deep.
    """
    try:
        tree = json.loads(text)
    except RecursionError as failure:
        raise error(f"{name} is nested too deep.") from failure
    # Numbers of thousands of digits are a ValueError, too.
    except ValueError as failure:
        raise error(f"{name} is damaged or no JSON: {one_line(str(failure))}.") from failure
    if not isinstance(tree, dict):
        raise error(f"{name} should hold one JSON object. Received: {shown(tree)}")
    _check_depth(tree, name, error)
    return tree


def _check_depth(tree: Any, name: Path | str, error: type[RauError]) -> None:
    level = [tree]
    for _ in range(_DEEPEST_JSON):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise error(f"{name} is nested too deep.")


def read_json(path: Path | str, error: type[RauError] = DataError, largest: int = LARGEST_JSON) -> dict[str, Any]:
    """Return the object in a JSON file; see `read_text` and `parse_json`.

    Example:
        >>> read_json("metrics.json")["dice"]
        0.913
    """
    return parse_json(read_text(path, largest, error), path, error)
