"""Layers, models, losses and metrics on the other Keras backends."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# The longest first; apart, so that two workers share them well.
PARTS = [
    "tests/models --ignore=tests/models/test_deep_supervision.py",
    "tests/models/test_deep_supervision.py",
    "tests/layers",
    "tests/losses",
    "tests/metrics",
]
# What is tested is computed once: optimised, programs would take twice as long to compile.
_QUICKLY = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend, part):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    command = [sys.executable, "-P", "-m", "pytest", "-q", "--durations=15", *part.split()]
    environment = {**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": _QUICKLY}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:]
    assert " passed" in found.stdout
    print(found.stdout[-2000:])
