"""Predictions that are killed, and disks that are full."""

import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.evaluation import read_regions

_MAIN = "from keras_rau.cli import main; main()"
_COMMAND = [sys.executable, "-P", "-c", _MAIN, "predict", "photos", "--model", "rau_net_nano"]
IMAGES = 24


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(IMAGES):
        Image.fromarray(draw_phantom(3, number, 300)[0]).save(tmp_path / "photos" / f"{number:02d}.jpg", quality=95)
    (tmp_path / "photos" / "broken.jpg").write_text("no image")
    return tmp_path


def _run(folder, *words, **more):
    return subprocess.run([*_COMMAND, *words], cwd=folder, capture_output=True, text=True, check=False, **more)


def _names(folder):
    return os.listdir(folder) if folder.exists() else []


def _files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_as_if_never_killed(folder):
    assert _run(folder, "--output", "whole", "--overlay").returncode == 1
    rng = random.Random(0)
    killed = folder / "killed"
    kills = 0
    for _ in range(40):
        words = [*_COMMAND, "--output", "killed", "--overlay", "--resume"]
        with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            # Counted in files, since how long the start takes differs from machine to machine.
            enough = len(_names(killed)) + rng.randint(0, 8)
            while process.poll() is None and len(_names(killed)) < enough:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.02))
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            kills += 1
        for path in killed.glob("*.png"):
            Image.open(path).load()
    assert kills > 2
    assert _run(folder, "--output", "killed", "--overlay", "--resume").returncode == 1
    assert _files(folder / "killed") == _files(folder / "whole")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root mounts a small disk")
def test_on_a_full_disk_one_line_and_then_it_goes_on(folder):
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        found = _run(folder, "--output", "small/masks", "--overlay")
        assert found.returncode == 1
        assert "No space left on device" in found.stderr
        assert "--resume" in found.stderr
        assert "Traceback" not in found.stderr
        for path in (small / "masks").glob("*.png"):
            Image.open(path).load()
        subprocess.run(["mount", "-o", "remount,size=40m", small], check=True)
        assert "finished before" in _run(folder, "--output", "small/masks", "--overlay", "--resume").stderr
        rows = read_regions(small / "masks/regions.csv")
        assert sorted(bool(row["error"]) for row in rows) == [False] * IMAGES + [True]
        assert not list((small / "masks").rglob("*.part"))
    finally:
        subprocess.run(["umount", small], check=False)


@pytest.mark.slow
def test_a_limit_of_file_sizes_is_no_crash(folder):
    found = _run(
        folder,
        "--output",
        "masks",
        "--overlay",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert found.returncode == 1
    assert "File too large" in found.stderr
    assert "Traceback" not in found.stderr
    assert _run(folder, "--output", "masks", "--overlay", "--resume").returncode == 1
    assert len(read_regions(folder / "masks/regions.csv")) == IMAGES + 1
