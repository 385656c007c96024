"""The check of the built site; what builds it is run by `make docs`."""

import runpy

from tests.docs.snippets import ROOT

CHECK = runpy.run_path(str(ROOT / "docs" / "site_build" / "check_links.py"))


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top">x</h1><a href="inner/page.html#there">1</a><a href="inner/page.html#gone">2</a>'
        '<img src="gone.png"><a href="#top">3</a><a href="#gone">4</a><a href="https://example.org/gone">5</a>'
    )
    (tmp_path / "inner" / "page.html").write_text('<p id="there"><a href="../../outside.html">6</a></p>')
    (tmp_path.parent / "outside.html").write_text("x")
    assert CHECK["broken_links"](tmp_path) == [
        "index.html: #gone",
        "index.html: gone.png",
        "index.html: inner/page.html#gone",
        "inner/page.html: ../../outside.html",
    ]
    assert CHECK["main"](str(tmp_path)) == 1


def test_a_site_whose_links_lead_somewhere_passes(tmp_path):
    (tmp_path / "index.html").write_text('<a href="index.html">x</a>')
    assert CHECK["main"](str(tmp_path)) == 0
