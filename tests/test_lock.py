"""One process in an output folder at a time."""

import json
import os
import subprocess
import sys

import pytest

from keras_rau import lock
from keras_rau.errors import RauError
from keras_rau.files import HOLDER
from keras_rau.lock import alone, in_use

HOLD = "import sys, time; from pathlib import Path; from keras_rau.lock import alone\n"
HOLD += "with alone(Path(sys.argv[1]), 'predicting'): print('locked', flush=True); time.sleep(60)"


def test_one_at_a_time_and_nothing_is_left(tmp_path):
    folder = tmp_path / "deep" / "out"
    words = r"Another process is training \(process \d+ of .* on .*, since"
    with alone(folder, "training"), pytest.raises(RauError, match=words), alone(folder.parent / "." / "out"):
        pass
    with alone(folder), alone(tmp_path / "other"):
        assert in_use(folder)
    assert not list(tmp_path.iterdir())


def test_what_was_written_stays(tmp_path):
    with alone(tmp_path / "out"):
        (tmp_path / "out" / "a").write_text("")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def test_a_killed_process_of_this_machine_does_not_lock(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(RauError, match=f"is predicting .process {process.pid} "), alone(tmp_path):
            pass
        process.kill()
    assert in_use(tmp_path)
    with alone(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_of_another_machine_it_cannot_be_told(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_machine", lambda: "elsewhere")
    with alone(tmp_path / "out", "predicting"):
        content = (tmp_path / "out" / HOLDER).read_text()
    monkeypatch.undo()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / HOLDER).write_text(content)
    words = r"is predicting .* or was stopped there .* If it is gone for certain, remove .*in-use.json and start again"
    with pytest.raises(RauError, match=words), alone(tmp_path / "out"):
        pass
    (tmp_path / "out" / HOLDER).unlink()
    with alone(tmp_path / "out"):
        pass


@pytest.mark.parametrize("content", ["", "[1]", "{", json.dumps({"host": "x" * 10_000})])
def test_a_damaged_note_is_no_crash(tmp_path, content):
    (tmp_path / HOLDER).write_text(content)
    with pytest.raises(RauError, match="remove") as error, alone(tmp_path):
        pass
    assert len(str(error.value)) < 1000


def test_a_note_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / HOLDER)
    with pytest.raises(RauError, match="remove"), alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RauError, match="Cannot write to"), alone(tmp_path / "file" / "out"):
        pass
