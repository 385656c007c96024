"""The examples run as they are."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
# They train.
SLOW = {"fit", "reverse_attention_in_mobilenet"}


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else []) for path in EXAMPLES],
)
def test_example(path, tmp_path):
    found = subprocess.run([sys.executable, "-P", str(path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-2000:]


def test_the_backbone_example_is_short():
    path = Path(__file__).parents[1] / "examples" / "reverse_attention_in_mobilenet.py"
    assert len(path.read_text().splitlines()) <= 15
