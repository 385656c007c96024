"""keras-rau download: what it says, asks and returns."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.command import run_command
from tests.data.archive_server import serving, tiny_set, zipped

IMAGES = "/2018/ISIC2018_Task1-2_Validation_Input.zip"


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serving(tiny_set("isic2018")) as running:
        yield running


def _run(monkeypatch, capsys, *words):
    return run_command(monkeypatch, capsys, "download", *words)


def _words(server, root):
    return ["--dataset", "isic2018", "--output", root, "--parts", "validation", "--base-url", server.url]


def test_download_and_again(server, monkeypatch, capsys, tmp_path):
    root = tmp_path / "ISIC 2018"
    status, out, err = _run(monkeypatch, capsys, *_words(server, root), "--yes")
    assert status == 0, err
    assert out == f"isic2018: {root}\n"
    assert err.index("license: ISIC 2018 is said to be CC BY-NC 4.0") < err.index("2 masks") < err.index("2 images")
    assert "LICENSE.txt" in err
    server.asked.clear()
    status, out, err = _run(monkeypatch, capsys, *_words(server, root))  # nothing to do: nothing to ask
    assert (status, server.asked) == (0, [])
    assert "ISIC2018_Task1-2_Validation_Input: there" in err


def test_dry_run_writes_nothing(server, monkeypatch, capsys, tmp_path):
    root = tmp_path / "root"
    status, out, _ = _run(monkeypatch, capsys, *_words(server, root), "--dry-run")
    lines = out.splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines[:2]] == [
        "ISIC2018_Task1_Validation_GroundTruth.zip",
        "ISIC2018_Task1-2_Validation_Input.zip",
    ]
    assert f"to fetch  {server.url}{IMAGES}" in lines[1]
    assert "about" not in lines[1]
    assert lines[2].startswith("to fetch: ")
    assert not root.exists()
    assert server.gets() == []


def test_dry_run_without_network(server, monkeypatch, capsys, tmp_path):
    words = ["--dataset", "isic2018", "--output", tmp_path, "--base-url", "https://nowhere.invalid", "--dry-run"]
    status, out, err = _run(monkeypatch, capsys, *words)
    assert status == 0
    assert "ISIC2018_Task1-2_Training_Input.zip  about 11.2 GB  to fetch  https://nowhere.invalid/2018/" in out
    assert err.count("Cannot find the host nowhere.invalid") == 1


def test_it_asks_before_it_fetches(server, monkeypatch, capsys, tmp_path):
    status, _, err = _run(monkeypatch, capsys, *_words(server, tmp_path))
    assert status == 2
    assert "--yes" in err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda text, **_: (_ for _ in ()).throw(SystemExit(1)))
    status, _, _ = _run(monkeypatch, capsys, *_words(server, tmp_path))
    assert status == 1
    assert server.gets() == []


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--dataset", "ph2"], 2, "https://www.fc.up.pt/addi/ph2%20database.html"),
        (["--dataset", "ph2", "--output", "x"], 2, "must not be passed on"),
        (["--dataset", "ham10000"], 2, "doi.org/10.7910/DVN/DBW86T"),
        (["--dataset", "isic2019", "--output", "x"], 2, "Did you mean"),
        (["--dataset", "isic2018"], 2, "--output DIR"),
        (["--dataset", "isic2018", "--output", "x", "--parts", "train"], 2, "Did you mean 'training'"),
        (["--dataset", "isic2018", "--output", "x", "--base-url", "nowhere"], 2, "https://"),
        (["--dataset", "isic2018", "--output", "file", "--yes"], 1, "file is a file; name a folder"),
        (["--dataset", "isic2018", "--output", "x", "--base-url", "https://nowhere.invalid"], 1, "is there a network"),
        (["--dataset", "isic2018", "--output", "x", "--base-url", "http://127.0.0.1:9"], 1, "refuses connections"),
    ],
)
def test_errors(words, status, message, server, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    found, _, err = _run(monkeypatch, capsys, *words)
    assert found == status, err
    assert message in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_archive_that_is_missing(server, monkeypatch, capsys, tmp_path):
    del server.files[IMAGES]
    status, _, err = _run(monkeypatch, capsys, *_words(server, tmp_path), "--yes")
    assert status == 1
    assert len(err.strip().splitlines()) == 1
    assert "not found (404)" in err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_leaves_a_part_that_can_be_gone_on_from(server, tmp_path):
    noise = np.random.default_rng(0).bytes(1_000_000)
    server.files[IMAGES] = zipped({f"{IMAGES[6:-4]}/ISIC_000001{k}.jpg": noise for k in (0, 1)})
    server.pause = 0.02
    words = [str(word) for word in (*_words(server, tmp_path), "--yes")]
    # A process started in the background of a script ignores the signal, and hands that down.
    script = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from keras_rau.cli import main; main()"
    command = [sys.executable, "-P", "-c", script, "download", *words]
    part = tmp_path / f"{IMAGES[6:]}.part"
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > 100_000):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130, err
    assert err.strip().endswith("Run the same command again to go on.")
    assert "Traceback" not in err
    kept = part.stat().st_size
    assert 100_000 < kept < len(server.files[IMAGES])
    assert not (tmp_path / IMAGES[6:-4]).exists()
    server.pause = 0.0
    server.asked.clear()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert server.gets() == [("GET", IMAGES, f"bytes={kept}-")]
    assert (tmp_path / IMAGES[6:-4] / "ISIC_0000010.jpg").read_bytes() == noise
