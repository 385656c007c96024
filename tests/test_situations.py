"""The page of what happens when somebody does something unusual."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_situation_ends_as_it_must():
    command = [sys.executable, "-P", "docs/situations", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-4000:]


def test_the_page_lists_forty_situations():
    page = (ROOT / "docs/reference/what-happens-when.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| you …")]
    assert len(rows) >= 40
