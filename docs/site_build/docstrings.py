"""What our docstrings write as Markdown does, in the words of reStructuredText; and signatures that Keras hides."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import signature, stringify_signature


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


def _own_signature(value: Any) -> str:
    """Return the arguments of a class as its `__init__` has them: Keras's `__new__` takes any."""
    return stringify_signature(signature(value.__init__, bound_method=True), unqualified_typehints=True)


def setup(app: Sphinx) -> None:
    """Rewrite docstrings before napoleon reads their sections."""

    def process(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
        lines[:] = _mark_blocks(lines)

    def sign(app: Sphinx, what: str, name: str, value: Any, options: Any, arguments: str | None, returns: Any) -> Any:
        if what == "class" and arguments == "(*args, **kwargs)":
            return _own_signature(value), returns
        return None

    app.connect("autodoc-process-signature", sign)
    app.connect("autodoc-process-docstring", process, priority=400)
