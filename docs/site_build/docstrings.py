"""What our docstrings write as Markdown does, in the words of reStructuredText."""

from typing import Any

from sphinx.application import Sphinx


def _mark_blocks(lines: list[str]) -> list[str]:
    """Put `::` before a block that is indented under plain text: a formula or a drawing, shown as it stands."""
    marked: list[str] = []
    for number, line in enumerate(lines):
        above = [text for text in lines[:number] if text.strip()]
        begins = line.startswith("    ") and number > 1 and not lines[number - 1].strip()
        if begins and above and not above[-1].startswith((" ", ".. ")) and not above[-1].endswith("::"):
            marked += ["::", ""]
        marked.append(line)
    return marked


def setup(app: Sphinx) -> None:
    """Rewrite docstrings before napoleon reads their sections."""

    def process(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        lines[:] = _mark_blocks(lines)

    app.connect("autodoc-process-docstring", process, priority=400)
