"""A situation of user code, run and described."""

import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFUSED, RIGHT, WARNED = "refused", "right", "warned"
# Longer messages are cut: the table shows what a reader would see first.
_LONGEST = 260


@dataclass(frozen=True)
class Situation:
    """What somebody does, what must come of it, and the code that does it.

    Attributes:
        subject: heading it stands under.
        title: what the user does, in words.
        expected: `"refused"` (an error), `"warned"` (a warning) or `"right"`.
        run: does it in an empty folder; returns a few words about the outcome.
    """

    subject: str
    title: str
    expected: str
    run: Callable[[Path], object]


SITUATIONS: list[Situation] = []


def situation(
    subject: str, title: str, expected: str
) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Put a function among the situations."""

    def add(run: Callable[[Path], object]) -> Callable[[Path], object]:
        SITUATIONS.append(Situation(subject, title, expected, run))
        return run

    return add


def outcome(one: Situation) -> tuple[str, str]:
    """Run a situation; return `"refused"`, `"warned"` or `"right"`, and the message or the words about the outcome."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = str(one.run(Path(folder)))
        except Exception as error:
            return REFUSED, _line(f"{type(error).__name__}: {error}", folder)
        ours = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
        if one.expected == WARNED and ours:
            return WARNED, _line(ours[0], folder)
        return RIGHT, _line(found, folder)


def _line(text: str, folder: str) -> str:
    text = " ".join(text.replace(f"{folder}/", "").replace(folder, "FOLDER").split())
    # What differs from run to run says nothing.
    text = re.sub(r"0x[0-9a-f]+", "0x…", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"
