"""Refuse a built site in which a link, an image or an anchor leads nowhere: python -P check_links.py FOLDER."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """Collects what a page links, and the anchors that it offers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def broken_links(folder: Path) -> list[str]:
    """Return a line for every link inside a built site that leads nowhere; links to other sites are not followed."""
    folder = folder.resolve()
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    found = []
    for path, page in pages.items():
        if "_modules" in path.parts:
            # Listings of sources: their links back to the reference know one package for each module.
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            missing = not target.exists() or (target in pages and anchor and anchor not in pages[target].anchors)
            if missing or not target.is_relative_to(folder):
                found.append(f"{path.relative_to(folder)}: {link}")
    return sorted(set(found))


def main(folder: str) -> int:
    """Print the broken links of a site, and return whether there are any."""
    found = broken_links(Path(folder))
    print("\n".join(found) if found else f"{folder}: every link leads somewhere")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
