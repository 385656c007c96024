"""Links of the guides to files outside docs/: some of those files have a page here, the others become downloads.

In the repository a guide links the file itself, so that the link works there, too.
"""

import re
from functools import cache
from os.path import relpath
from pathlib import Path

from sphinx.application import Sphinx

_INCLUDE = re.compile(r"^```\{include\} (\S+)", re.MULTILINE)
_LINK = re.compile(r"(?<!!)(\[[^\]]*\]\()([^)#\s]*\.\./[^)#\s]*)(#[^)\s]*)?\)")


@cache
def _pages(docs: Path) -> dict[Path, Path]:
    """Return the page of every file outside docs/ that has one: an example, or what a page includes."""
    found = {
        (docs.parent / "examples" / path.name): docs / "gallery" / f"{path.stem}.rst"
        for path in (docs.parent / "examples").glob("*.py")
    }
    found[docs.parent / "examples"] = docs / "gallery" / "index.rst"
    for page in docs.rglob("*.md"):
        for target in _INCLUDE.findall(page.read_text(encoding="utf-8")):
            found[(page.parent / target).resolve()] = page
    return found


def _lead(docs: Path, page: Path, text: str) -> str:
    pages = _pages(docs)

    def lead(match: re.Match) -> str:
        target = (page.parent / match[2]).resolve()
        if target not in pages:
            return match[0]
        return f"{match[1]}{relpath(pages[target], page.parent)}{match[3] or ''})"

    return _LINK.sub(lead, text)


def setup(app: Sphinx) -> None:
    """Rewrite links while pages are read."""

    def read(app: Sphinx, name: str, content: list[str]) -> None:
        path = Path(app.env.doc2path(name))
        if path.suffix == ".md":
            content[0] = _lead(Path(app.srcdir).resolve(), path.resolve(), content[0])

    app.connect("source-read", read)
