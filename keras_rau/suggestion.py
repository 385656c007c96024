"""What a mistyped name was probably meant to be."""

import difflib
from collections.abc import Collection, Iterable
from typing import Any

from keras_rau.strangers import shown


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """`"Did you mean 'NAME'? "` with the known name nearest to `word`, or `""` when none is near.

    Example:
        >>> did_you_mean("tverski", ["dice", "tversky"])
        "Did you mean 'tversky'? "
    """
    close = difflib.get_close_matches(str(word)[:100], list(known), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""


def unknown_name(kind: str, name: Any, known: Collection[str]) -> str:
    """What is said of a name that is not among the known ones.

    Example:
        >>> unknown_name("loss", "dise", ["bce", "dice"])
        "Unknown loss. Did you mean 'dice'? Known: bce, dice. Received: 'dise'"
    """
    return f"Unknown {kind}. {did_you_mean(name, known)}Known: {', '.join(known)}. Received: {shown(name)}"
