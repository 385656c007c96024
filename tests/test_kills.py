"""Commands that are killed while they write, and full disks: no half result under its final name, and the next run works."""

import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keras_rau import datasets
from keras_rau.files import is_free
from tests.data.archive_server import serving, tiny_set

ROOT = Path(__file__).parents[1]
_MARKS = {
    "clean-masks": (),
    "validate": pytest.mark.slow,
    "download": pytest.mark.slow,
    "tflite": pytest.mark.slow,
    "saved_model": (pytest.mark.slow, pytest.mark.matrix),
}
# What is written, by which words; the output is the first name below the folder.
COMMANDS = {
    "validate": ("report", "validate --dataset folder --data-dir {set} --report {out}"),
    "tflite": ("m.tflite", "export --model rau_net_nano --format tflite --image-size 32 --output {out}"),
    "saved_model": ("saved", "export --model rau_net_nano --format saved_model --output {out}"),
    "download": ("isic", "download --dataset isic2018 --parts validation --output {out} --base-url {url} --yes"),
    "clean-masks": ("clean", "clean-masks {set}/masks {out}"),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    root = tmp_path_factory.mktemp("kills")
    datasets.load("phantom", root / "set", n=12, size=48)
    (root / "set" / "phantom.json").unlink()
    with serving(tiny_set("isic2018", per_part=30)) as server:
        yield {"set": root / "set", "url": server.url}


def _run(places, name, folder, at=0):
    output, words = COMMANDS[name]
    words = [word.format(out=folder / output, **places) for word in words.split()]
    return subprocess.run(
        [sys.executable, "-P", "tests/killed.py", folder, str(at), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "NO_PROXY": "127.0.0.1"},
    )


def _content(path):
    """Names of the files at a path and below it."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    # An archive is left where the kill came just before it would have been removed; the next run says so.
    return {each.relative_to(path.parent).as_posix() for each in files if each.suffix != ".zip"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks) for name, marks in _MARKS.items()])
def test_killed_as_it_writes_a_command_leaves_nothing_half_done_and_the_next_run_works(name, places, tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    done = _run(places, name, whole)
    assert done.returncode == 0, done.stderr
    changes = int(re.search(r"changes: (\d+)", done.stdout)[1])
    output = COMMANDS[name][0]
    expected = _content(whole / output)
    assert expected
    for at in sorted({1, changes, *random.Random(changes).sample(range(1, changes + 1), min(3, changes))}):
        folder = tmp_path / f"killed-{at}"
        folder.mkdir()
        killed = _run(places, name, folder, at)
        assert killed.returncode == -signal.SIGKILL, (at, killed.stderr)
        # A download fills its folder file by file; anything else is whole or not there.
        if name != "download" and not is_free(folder / output):
            assert _content(folder / output) == expected, at
            continue
        again = _run(places, name, folder)
        assert again.returncode == 0, (at, again.stderr)
        assert _content(folder / output) == expected, at
        assert "Traceback" not in again.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root mounts a small disk")
@pytest.mark.parametrize("name", [pytest.param(name, marks=marks) for name, marks in _MARKS.items()])
def test_on_a_full_disk_a_command_says_so_in_one_line_and_works_later(name, places, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", small]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        full = _run(places, name, small)
        assert full.returncode == 1, full.stderr
        assert re.search(r"No space left on device|The disk is full|kB free", full.stderr), full.stderr
        assert "Traceback" not in full.stderr
        subprocess.run(["mount", "-o", "remount,size=60m", small], check=True)
        again = _run(places, name, small)
        assert again.returncode == 0, again.stderr
    finally:
        subprocess.run(["umount", small], check=False)
