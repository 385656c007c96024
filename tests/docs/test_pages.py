"""The pages of the documentation: what they quote is there, what they link exists, and what is not run says so."""

import ast
import re
from functools import cache

import pytest

from tests.docs.snippets import PAGES, ROOT, snippets


@cache
def _sentences():
    """Every text in the sources, with … for what is filled in."""
    found = []
    for folder in ("keras_rau", "datasets", "export"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    found.append("".join(p.value if isinstance(p, ast.Constant) else "…" for p in node.values))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    # Put together at run time: quoted by the page of situations, which a test writes again.
    found.append((ROOT / "docs/reference/what-happens-when.md").read_text(encoding="utf-8"))
    return "\0".join(found)


def _quoted():
    text = (ROOT / "docs/how-to/troubleshooting.md").read_text(encoding="utf-8")
    return re.findall(r"^### `(.+)`$", text, re.MULTILINE)


@pytest.mark.parametrize("message", _quoted())
def test_a_message_of_the_troubleshooting_page_is_one_of_the_librarys(message):
    assert message in _sentences()


def test_the_troubleshooting_page_has_the_twenty_messages():
    assert len(_quoted()) >= 20


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def _outside_of_fences(page):
    """The text of a page, of whose code with a language only the fences are left."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^```\w[^\n]*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_that_is_not_python_or_shell_says_that_it_is_not_run(page):
    other = re.findall(r"(?<!-->\n)^```(kotlin|swift|dockerfile)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert other == []
    # A block of commands names its language: otherwise nobody would run it.
    assert not re.search(r"^```\n(keras-rau|pip|python|make) ", _outside_of_fences(page), re.MULTILINE)
    assert all(snippet.reason is None or len(snippet.reason) > 5 for snippet in snippets(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files_of_the_repository(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text) if "://" not in link]
    # The reference is written by the build.
    missing = [link for link in links if not (page.parent / link).exists() and "reference/api" not in link]
    assert missing == []
