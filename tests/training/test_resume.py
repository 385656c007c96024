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

    _check_equal(tmp_path / "cut", tmp_path / "whole")

    last.write_bytes(last.read_bytes()[:1000])
    again = subprocess.run(_command(data_dir, tmp_path / "cut"), check=True, capture_output=True, text=True)
    assert "last.keras is damaged" in again.stderr
    assert "after epoch 3 of 4" in again.stderr
    _check_equal(tmp_path / "cut", tmp_path / "whole")


def _check_equal(one, other):
    import keras

    assert (one / "history.csv").read_text() == (other / "history.csv").read_text()
    found, wanted = (keras.saving.load_model(path / "checkpoints" / "last.keras") for path in (one, other))
    for a, b in zip(found.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
