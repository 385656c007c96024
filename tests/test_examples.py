"""The examples run as they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "callbacks")
# They train.
SLOW = {"fine_tune", "fit", "many_devices", "reverse_attention_in_mobilenet", "skin_lesions", "tune"}
# What they show, other slow tests do, too.
_LONGEST = {"fine_tune", "many_devices", "reverse_attention_in_mobilenet", "skin_lesions"}
_MARKS = {
    path.stem: [pytest.mark.slow] * (path.stem in SLOW) + [pytest.mark.matrix] * (path.stem in _LONGEST)
    for path in EXAMPLES
}
_QUIET = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}


def _marks(name):
    return [*([pytest.mark.slow] if name in SLOW else []), *([pytest.mark.matrix] if name in _LONGEST else [])]


def _run(path, folder):
    found = subprocess.run(
        [sys.executable, "-P", str(path)], cwd=folder, capture_output=True, text=True, check=False, env=_QUIET
    )
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=_marks(path.stem)) for path in EXAMPLES],
)
def test_example(path, tmp_path):
    if path.stem == "tune":
        pytest.importorskip("keras_tuner", reason="needs the extra `tune`")
    _run(path, tmp_path)


@pytest.mark.slow
def test_the_callbacks_example_goes_on_where_it_was_stopped(tmp_path):
    """Stopped after the first of its three epochs."""
    path = FOLDER / "callbacks.py"
    text = path.read_text()
    begun = tmp_path / "begun.py"
    begun.write_text(text.replace("    epochs=EPOCHS,", "    epochs=1,"))
    assert begun.read_text() != text
    assert "1 epochs, best Dice" in _run(begun, tmp_path)
    said = _run(path, tmp_path)
    assert "3 epochs, best Dice" in said
    assert "Epoch 1/3" not in said
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "lines"), [("reverse_attention_in_mobilenet", 20), ("callbacks", 60), ("fine_tune", 60)]
)
def test_an_example_is_short(name, lines):
    assert len((FOLDER / f"{name}.py").read_text().splitlines()) <= lines


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_begins_with_the_title_of_its_page(path):
    title, line = path.read_text().splitlines()[1:3]
    assert line == "=" * len(title)
