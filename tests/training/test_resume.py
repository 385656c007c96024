"""A training killed without warning ends as the one that was left alone."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_rau import datasets


def _command(data_dir, output):
    settings = [
        "--dataset",
        "phantom",
        "--data-dir",
        str(data_dir),
        "--model",
        "rau_net_nano",
        "--set",
        "model.depth=2",
    ]
    settings += ["--image-size", "32", "--epochs", "4", "--seed", "5", "--output", str(output), "--resume"]
    return [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", "train", *settings]


@pytest.mark.slow
def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    import keras

    data_dir = tmp_path / "phantoms"
    datasets.load("phantom", data_dir, n=60, size=48)
    subprocess.run(_command(data_dir, tmp_path / "whole"), check=True, capture_output=True)

    process = subprocess.Popen(
        _command(data_dir, tmp_path / "cut"), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    last = tmp_path / "cut" / "checkpoints" / "last.keras"
    while not last.exists():
        assert process.poll() is None, "finished before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(_command(data_dir, tmp_path / "cut"), check=True, capture_output=True)

    assert (tmp_path / "cut" / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()
    found, wanted = (
        keras.saving.load_model(tmp_path / name / "checkpoints" / "last.keras") for name in ("cut", "whole")
    )
    for one, other in zip(found.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
