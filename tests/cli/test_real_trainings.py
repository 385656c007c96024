"""From the real folders to a trained model and its scores, by the command line alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not ROOT.is_dir(), reason="KERAS_RAU_DATA names no folder"),
]
_SETTINGS = ["--model", "rau_net_nano", "--image-size", "64", "--epochs", "2", "--batch-size", "16", "--seed", "0"]


def _run(*words):
    script = "from keras_rau.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-P", "-c", script, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found


@pytest.mark.parametrize(
    ("name", "folder", "counts"),
    [
        pytest.param("isic2018", "ISIC2018", [1452, 208, 415], marks=pytest.mark.matrix),
        ("ph2", "PH2Dataset", [70, 10, 20]),
        pytest.param("ham10000", "HAM10000", None, marks=pytest.mark.matrix),
    ],
)
def test_training_and_scores_of_another_data_set(name, folder, counts, tmp_path):
    run = tmp_path / "run"
    other = ["--also-test", f"ph2={ROOT / 'PH2Dataset'}"] if name == "isic2018" else []
    _run("train", "--dataset", name, "--data-dir", ROOT / folder, *_SETTINGS, *other, "--output", run)
    result = json.loads((run / "metrics.json").read_text())
    images = result["training"]["images"]
    assert sum(images.values()) == {"isic2018": 2075, "ph2": 100, "ham10000": 1000}[name]
    assert counts is None or list(images.values()) == counts
    if other:
        # What little is learnt in two epochs holds for images of another hospital, too.
        crossed = result["also_test"]["ph2"]
        assert crossed["n_images"] == 100
        assert min(result["dice"], crossed["dice"]) > 0.6
