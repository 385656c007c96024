"""Two processes train one model as one process does; needs JAX beside TensorFlow."""

import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.training.runs.history import read_history
from tests.training.equal_runs import contents

_SETTINGS = (
    "--model rau_net_nano --set model.depth=1 --image-size 32 --epochs 2 --batch-size 8 --seed 3 "
    # 32 images to train on, whole batches; 5 to validate, which must be filled up.
    "--set data.split=[0.8,0.13,0.07] --set optimizer.ema=0.9 --dataset phantom"
)
# In float32; the processes add up the same numbers in another order.
_TOLERANCE = 1e-5
# Batch normalisation takes the bias before it away: the gradient of the bias is rounding, which Adam makes as long as any
# other step, and the moving mean and the optimiser's gradients follow. Kernels and predictions do not.
_FREE = re.compile(r"optimizer/vars/|/stages/(conv2d(_1)?/vars/1|(separable_conv2d|batch_normalization)(_1)?/vars/2)$")
_FREE_TOLERANCE = 1e-3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("jax") is None or find_spec("tensorflow") is None, reason="needs JAX and TensorFlow"),
]


def _start(data_dir, output, *more, **variables):
    words = ["train", *_SETTINGS.split(), "--data-dir", str(data_dir), "--output", str(output), *more]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", *words],
        env={**os.environ, "KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finish(process):
    text, _ = process.communicate(timeout=500)
    assert process.returncode == 0, text[-3000:]


def test_two_processes_are_one(tmp_path):
    data_dir = tmp_path / "phantoms"
    datasets.load("phantom", data_dir, n=40, size=40)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    cluster = {"KERAS_RAU_COORDINATOR": address, "KERAS_RAU_PROCESSES": "2"}
    both = [
        _start(data_dir, tmp_path / "two", "--set", "hardware.hosts=2", **cluster, KERAS_RAU_PROCESS=str(index))
        for index in range(2)
    ]
    for process in both:
        _finish(process)
    _finish(_start(data_dir, tmp_path / "one"))
    one, two = (contents(tmp_path / name / "checkpoints" / "last.keras") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for key, value in one.items():
        tolerance = _FREE_TOLERANCE if _FREE.search(key) else _TOLERANCE
        np.testing.assert_allclose(two[key], value, rtol=_TOLERANCE, atol=tolerance, err_msg=key)
    for found, wanted in zip(*(read_history(tmp_path / name / "history.csv") for name in ("two", "one")), strict=True):
        assert found == pytest.approx(wanted, rel=_TOLERANCE, abs=_TOLERANCE)
