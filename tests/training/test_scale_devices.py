"""Eight logical devices train as one does."""

import subprocess
import sys
from pathlib import Path

import pytest

from keras_rau import datasets


@pytest.mark.slow
def test_eight_devices_are_one(tmp_path):
    datasets.load("phantom", tmp_path / "phantoms", n=30, size=32)
    program = Path(__file__).with_name("eight_devices.py")
    command = [sys.executable, "-P", program, tmp_path / "phantoms", tmp_path / "run"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-3000:]
    assert "apart" in found.stdout
    print(found.stdout)
