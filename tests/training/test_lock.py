"""One training in a run directory at a time."""

import subprocess
import sys

import pytest

from keras_rau.errors import RauError
from keras_rau.training import load_config, train
from keras_rau.training.run_directory import alone


def test_one_at_a_time_and_nothing_is_left(tmp_path):
    run = tmp_path / "run"
    with alone(run), pytest.raises(RauError, match="Another process is training in"), alone(tmp_path / "." / "run"):
        pass
    with alone(run), alone(tmp_path / "other"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_killed_training_does_not_lock(tmp_path):
    code = "import sys, time; from pathlib import Path; from keras_rau.training.run_directory import alone\n"
    code += "with alone(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(RauError, match="Another process"), alone(tmp_path):
            pass
        process.kill()
    with alone(tmp_path):
        pass


@pytest.mark.parametrize("resume", [False, True])
def test_the_second_training_is_refused(tmp_path, resume):
    config = load_config(overrides={"data.data_dir": str(tmp_path / "phantoms"), "data.options": {"n": 10}})
    with alone(tmp_path / "run"), pytest.raises(RauError, match="Another process"):
        train(config, tmp_path / "run", resume=resume)
    assert not (tmp_path / "run").exists()
