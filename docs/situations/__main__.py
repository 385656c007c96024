"""Run every situation and write the page of what happens.

    python -P docs/situations            # writes docs/reference/what-happens-when.md
    python -P docs/situations --check    # only runs them

Ends with status 1 when one of them ends otherwise than it must; then nothing is written.
"""

import importlib
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Last, so that the installed package is found before the source folder of its name.
sys.path.append(str(Path(__file__).parents[2]))
_PAGE = Path(__file__).parents[1] / "reference/what-happens-when.md"
_ROOMS = ("masks", "images", "classes", "outputs", "models", "files", "commands")
_WORDS = {"refused": "refused", "warned": "warns", "right": "works"}
_HEAD = """# What happens when …

Situations of user code, taken from public reports about segmentation libraries, and what this library does. The table is
written by `python -P docs/situations`, which runs every line; paths are shortened and long messages cut.
"""


def page() -> tuple[str, list[str]]:
    """Return the page, and what went otherwise than it must."""
    from docs.situations.situation import SITUATIONS, outcome

    for room in _ROOMS:
        importlib.import_module(f"docs.situations.{room}")
    lines, wrong, subject = [_HEAD], [], ""
    for one in SITUATIONS:
        if one.subject != subject:
            subject = one.subject
            lines += [f"\n## {subject}\n", "| you … | | in its words |", "|---|---|---|"]
        kind, words = outcome(one)
        if kind != one.expected:
            wrong.append(f"{one.title}: {one.expected} expected, {kind} found: {words}")
        lines.append(f"| {one.title} | {_WORDS[kind]} | {words.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n", wrong


def main() -> None:
    """Write the page, or say what is wrong."""
    text, wrong = page()
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    if "--check" in sys.argv[1:]:
        return
    _PAGE.write_text(text, encoding="utf-8")
    print(f"{_PAGE}: {text.count(chr(10) + '| ') - text.count('| you')} situations")


if __name__ == "__main__":
    main()
