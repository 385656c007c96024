"""Running the trainings of a study: which, how many at once, and what happens when one fails or somebody stops it."""

import os
import signal

import pytest
from rich.console import Console

from keras_rau import datasets
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.study import Grid, Source, design_study, run_study, scores
from keras_rau.study.run import run_cells
from keras_rau.training.runs.interruption import Interruption
from tests.study.finished_cells import finish, rows


class _Process:
    """A training that takes some looks to end."""

    def __init__(self, looks=2, status=0):
        self.looks, self.status, self.signals, self.waited = looks, status, [], False

    def poll(self):
        self.looks -= 1
        return None if self.looks > 0 else self.status

    def send_signal(self, number):
        self.signals.append(number)

    def wait(self):
        self.waited = True
        return self.status


@pytest.fixture
def design(tmp_path):
    grid = Grid(tmp_path / "cells", (0, 1), "rau_net_nano")
    return design_study("losses", grid, Source("ph2", tmp_path / "PH2", (1, 2)), losses=["bce", "dice"])


def test_what_is_finished_is_skipped_and_no_more_run_than_jobs(design, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    finish(design.cells[0], {1: ([0.5], [0.5]), 2: ([0.5], [0.5])})
    started, at_once = [], []
    running = {}

    def launch(cell, environment):
        running[cell.name] = _Process(looks=1 + len(started))
        started.append((cell.name, environment["TF_NUM_INTRAOP_THREADS"], environment["OMP_NUM_THREADS"]))
        at_once.append(sum(process.looks > 0 for process in running.values()))
        return running[cell.name]

    console = Console(record=True, width=200)
    # The trainings of another study are the same.
    assert run_cells([*design.cells, *design.cells], 2, console, launch) == []
    assert [name for name, *_ in started] == [cell.name for cell in design.cells[1:]]
    assert {threads for _, *both in started for threads in both} == {"4"}
    assert max(at_once) == 2
    assert "1 of 4 trainings are finished" in console.export_text()


def test_one_that_fails_does_not_stop_the_others_and_is_named_at_the_end(design, tmp_path):
    def launch(cell, _):
        if cell.config.loss.name == "dice" and cell.config.seed == 0:
            return _Process(status=1)
        finish(cell, {1: ([0.5], [0.4, 0.5]), 2: ([0.6], [0.5, 0.6])})
        return _Process()

    console = Console(record=True, width=300)
    with pytest.raises(RauError, match=r"^1 training.s. failed: ph2-rau_net_nano-dice-s0. Their logs say why.$"):
        run_study(design, tmp_path, console, launch=launch)
    text = console.export_text()
    assert "dice-s0: failed, see" in text
    assert "dice-s1: done" in text
    assert "| bce | 1,234 | 2, 2 |" in (tmp_path / "losses-ph2" / "table.md").read_text()


def test_the_same_command_goes_on(design, tmp_path):
    """What failed, such as for want of memory, is tried again."""
    tried = []

    def launch(cell, _):
        tried.append(cell.name)
        if len(tried) == 2:
            # It has begun.
            cell.path.mkdir()
            return _Process(status=1)
        finish(cell, {1: ([0.5], [0.4, 0.5]), 2: ([0.6], [0.5, 0.6])})
        return _Process()

    with pytest.raises(RauError, match="failed: ph2-rau_net_nano-bce-s1"):
        run_study(design, tmp_path, Console(quiet=True), launch=launch)
    design.cells[1].path.rmdir()
    found = run_study(design, tmp_path, Console(quiet=True), launch=launch)
    assert [row["label"] for row in found["rows"]] == ["bce", "dice"]
    assert tried == [cell.name for cell in design.cells] + [design.cells[1].name]
    assert run_study(design, tmp_path, Console(quiet=True), launch=launch) == found
    assert len(tried) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_the_study_stops_its_trainings(design, number):
    processes = []

    def launch(cell, _):
        processes.append(_Process(looks=10**6))
        if len(processes) == 2:
            os.kill(os.getpid(), number)
        return processes[-1]

    with pytest.raises(Interruption) as stop:
        run_cells(design.cells, 2, Console(quiet=True), launch)
    assert stop.value.status == 128 + number
    # The second was stopped while it was being started.
    assert processes[0].signals == [signal.SIGTERM]
    assert processes[0].waited
    assert len(processes) == 2


def test_nothing_goes_on_when_a_training_cannot_be_started(design):
    first = _Process(looks=10**6)

    def launch(cell, _):
        if cell is design.cells[1]:
            raise OSError("no more processes")
        return first

    with pytest.raises(OSError, match="no more processes"):
        run_cells(design.cells, 2, Console(quiet=True), launch)
    assert first.signals == [signal.SIGTERM]
    assert first.waited


def test_wrong_settings_are_known_before_anything_is_trained(design, tmp_path):
    def launch(*_):
        raise AssertionError("started")

    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano")
    wrong = design_study("losses", grid, Source("ph2", tmp_path / "PH2", (1,)), losses=["bce", "dise"])
    with pytest.raises(UsageError, match="Did you mean 'dice'"):
        run_study(wrong, tmp_path, Console(quiet=True), launch=launch)
    last = design.cells[-1]
    last.path.mkdir(parents=True)
    last.run.config.write_text(last.config.to_yaml().replace("batch_size: 8", "batch_size: 4"))
    with pytest.raises(RauError, match="batch_size: 4 then, 8 now"):
        run_study(design, tmp_path, Console(quiet=True), launch=launch)
    (tmp_path / "file").write_text("")
    with pytest.raises(RauError, match="Cannot write"):
        run_study(design, tmp_path / "file", Console(quiet=True), launch=launch)


@pytest.mark.slow
def test_nothing_is_scored_twice_and_no_half_table_is_left(design, monkeypatch):
    cell = design.cells[0]
    finish(cell, {1: ([0.5], [0.5])})
    cell.run.checkpoints.mkdir()
    (cell.run.checkpoints / "epoch_002.keras").touch()
    calls = []

    def evaluate(model, samples, console):
        calls.append(samples)
        return rows(["a", "b"], [0.1, 0.2]), {}

    def cut_short(found, path):
        path.write_text("id,dice\na,0.1\n")
        raise KeyboardInterrupt

    whole = scores.write_csv
    monkeypatch.setattr(scores, "Predictor", lambda path: path)
    monkeypatch.setattr(scores, "evaluate", evaluate)
    monkeypatch.setattr(type(cell), "samples", lambda _, part: [part])
    monkeypatch.setattr(scores, "write_csv", cut_short)
    quiet = Console(quiet=True)
    with pytest.raises(KeyboardInterrupt):
        scores.cell_scores(cell, "test", 2, quiet)
    monkeypatch.setattr(scores, "write_csv", whole)
    assert len(scores.cell_scores(cell, "test", 2, quiet)) == 2
    assert calls == [["test"], ["test"]]
    assert [row["dice"] for row in scores.cell_scores(cell, "test", 2, quiet)] == [0.1, 0.2]
    assert scores.cell_scores(cell, "test", 1, quiet)[0]["dice"] == 0.5
    assert len(calls) == 2
    with pytest.raises(RauError, match=r"epoch_003.keras is missing"):
        scores.cell_scores(cell, "test", 3, quiet)


def test_images_that_were_trained_on_are_no_other_data_set(tmp_path):
    root = tmp_path / "phantoms"
    samples = datasets.load("phantom", root, n=6, size=48)
    source = Source("phantom", root, (1,), {"data.options": {"n": 6, "size": 48}})
    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano")
    (cell,) = design_study("losses", grid, source, losses=["bce"]).cells
    finish(cell, {1: ([0.5], [0.5])})
    datasets.save_split(cell.run.split, train=samples[:3], val=samples[3:4], test=samples[4:])
    other = cell.config.data.model_copy(update={"dataset": "folder", "options": {}})
    with pytest.raises(DataError, match=r"4 case.s. of leakage between train, val, all of folder"):
        scores.scores_elsewhere(cell, 1, other, Console(quiet=True))
