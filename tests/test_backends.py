"""Layers, models, losses and metrics on the other Keras backends."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# The longest first; apart, so that two workers share them well.
PARTS = ["tests/models", "tests/layers", "tests/losses", "tests/metrics"]


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend, part):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    command = [sys.executable, "-P", "-m", "pytest", "-q", "--durations=15", part]
    found = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout[-3000:]
    assert " passed" in found.stdout
    print(found.stdout[-2000:])
