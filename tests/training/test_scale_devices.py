"""Several logical devices train as one does."""

import subprocess
import sys
from pathlib import Path

import pytest

from keras_rau import datasets


@pytest.mark.slow
@pytest.mark.parametrize("devices", [3, pytest.param(8, marks=pytest.mark.matrix)])
def test_devices_together_are_one(devices, tmp_path):
    datasets.load("phantom", tmp_path / "phantoms", n=30, size=32)
    program = Path(__file__).with_name("logical_devices.py")
    command = [sys.executable, "-P", program, tmp_path / "phantoms", tmp_path / "run", str(devices)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-3000:]
    assert "apart" in found.stdout
    print(found.stdout)
