"""What a mistyped name was probably meant to be."""

import difflib
from collections.abc import Iterable
from typing import Any


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """`"Did you mean 'NAME'? "` with the known name nearest to `word`, or `""` when none is near.

    Example:
        >>> did_you_mean("tverski", ["dice", "tversky"])
        "Did you mean 'tversky'? "
    """
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""
