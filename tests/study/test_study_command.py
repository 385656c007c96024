"""keras-rau study on the command line, and with real trainings."""

import shlex
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from keras_rau import datasets
from keras_rau.study import Grid, Source, design_study, run_study, study_file
from keras_rau.training import experiment, train
from tests.command import run_command

TINY = {
    "data.image_size": 32,
    "data.cache": "none",
    "model.depth": 1,
    "model.width": 4,
    "batch_size": 4,
    "tensorboard.every": None,
}


@pytest.fixture
def planned(monkeypatch, capsys):
    """The study that some words ask for, or what is said about them."""
    found = []
    monkeypatch.setattr("keras_rau.study.run_study", lambda *given, **named: found.append((given, named)))

    def ask(*words):
        found.clear()
        status, _, err = run_command(monkeypatch, capsys, "study", *words)
        return found[0][0][0] if found else (status, err)

    return ask


WORDS = ("--dataset", "ph2", "--data-dir", "PH2", "--output", "study")


def test_lists_are_words_repeated_options_or_commas(planned):
    def cells(*words):
        return planned("losses", *WORDS, "--model", "rau_net_nano", *words).cells

    first = cells(
        *shlex.split("--losses bce dice --epochs 4 8 12 --seeds 0 1 --set batch_size=4 optimizer.learning_rate=0.1")
    )
    assert [cell.name for cell in first] == [
        f"ph2-rau_net_nano-{loss}-s{seed}" for loss in ("bce", "dice") for seed in (0, 1)
    ]
    assert first[0].config.checkpoints.keep_epochs == [4, 8, 12]
    assert (first[0].config.batch_size, first[0].config.optimizer.learning_rate) == (4, 0.1)
    for same in (
        "--losses=bce,dice --epochs 4,8 --epochs=12 --seeds=0 --seeds 1 --set=batch_size=4 --set optimizer.learning_rate=0.1",
        "--seeds 1,0 --set optimizer.learning_rate=0.1 batch_size=4 --epochs 12 8 4 --losses bce --losses dice",
    ):
        assert cells(*shlex.split(same)) == first
    # The commas of a setting are its own.
    assert {cell.config.data.split for cell in cells("--set", "data.split=[0.5, 0.2, 0.3]")} == {(0.5, 0.2, 0.3)}


def test_defaults_are_the_paper_s(planned):
    design = planned("losses", *WORDS)
    assert [row.label for row in design.rows] == ["bce", "tversky", "dice", "compound"]
    assert design.sources[0].epochs == (20, 40, 60, 80, 100)
    assert {cell.config.model.name for cell in design.cells} == {"rau_net_paper"}


def test_the_model_of_a_configuration_is_not_replaced(planned, tmp_path):
    (tmp_path / "c.yaml").write_text("model: {name: rau_net_nano, width: 4}\nbatch_size: 2\n")
    (row, *_) = planned("attention", tmp_path / "c.yaml", *WORDS).rows
    assert row.cells[0].config.model.arguments["width"] == 4
    assert row.cells[0].config.batch_size == 2
    assert row.cells[0].name == "ph2-rau_net_nano-none-compound-s0"


def test_each_data_set_of_a_transfer_has_its_own_epochs_and_settings(planned):
    words = "--other isic2018=ISIC --epochs 20 40 --other-epochs 4 8 --set data.split_seed=3 data.resize=squash"
    design = planned("transfer", *WORDS, *shlex.split(words), "--other-set", "data.split_dir=lists")
    first, second = (cell.config for cell in design.cells)
    assert (first.epochs, first.data.split_seed, first.data.split_dir, first.data.resize) == (40, 3, None, "squash")
    assert (second.epochs, second.data.split_seed, str(second.data.split_dir)) == (8, 0, "lists")
    assert second.data.resize == "squash"
    assert second.data.dataset == "isic2018"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("losses", "--epochs", "0"), "counted from 1"),
        (("losses", "--epochs", "--seeds", "0"), "takes one or more words"),
        (("losses", "--losses"), "takes one or more words"),
        (("losses", "--epochs", "4", "x"), "Invalid value for '--epochs'"),
        (("losses", "--jobs", "0"), "--jobs"),
        (("losses", "--set", "early_stopping=3"), "leave out early_stopping"),
        (
            ("losses", "--set", "batch_size=2", "model.name=unet"),
            "--set model.name is an option of the study: write --model",
        ),
        (("attention", "--set", "loss=dice"), "write --loss or --losses"),
        (("attention", "--model", "unet"), "rau_net_paper"),
        (("transfer", "--other", "ph2=elsewhere"), "'ph2' twice"),
        (("transfer", "--other", "isic2018"), "NAME=DIR"),
    ],
)
def test_wrong_words(planned, words, message):
    status, said = planned(words[0], *WORDS, *words[1:])
    assert status == 2
    assert message in said


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "phantoms"
    datasets.load("phantom", root, n=10, size=48)
    return root


@pytest.fixture(scope="module")
def other_dir(tmp_path_factory):
    """Other phantoms under names of their own."""
    root = tmp_path_factory.mktemp("data") / "other"
    datasets.load("phantom", root, n=10, size=48, seed=9)
    for path in list(root.glob("*/phantom_*")):
        path.rename(path.with_name(path.name.replace("phantom", "other")))
    return root


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--multiply-adds", "nan"], "--multiply-adds must be a positive number"),
        (["--multiply-adds", "inf"], "--multiply-adds must be a positive number"),
        (["--multiply-adds", "0"], "--multiply-adds must be a positive number"),
        (["--full-width-below", "9"], "--full-width-below needs --multiply-adds"),
        (["--full-width-below", "-1"], "--full-width-below"),
        (["--reference", "unet"], "--reference must be one of the architectures: ege_unet"),
        (["--set", "model.name=unet"], "write --model or --models instead"),
    ],
)
def test_what_architectures_refuse(planned, words, message):
    status, said = planned("architectures", *WORDS, "--models", "ege_unet", *words)
    assert status == 2
    assert message in said.replace("\n", " ")


class _Done:
    """A training that ran in this process."""

    def poll(self):
        return 0


@pytest.mark.slow
def test_all_four_studies_on_phantoms(data_dir, other_dir, tmp_path, monkeypatch):
    """Seven trainings, because the studies share theirs."""
    # Two of the five variants stand for the others.
    attention = tmp_path / "attention.yaml"
    text = (study_file._FOLDER / "attention.yaml").read_text()
    attention.write_text("".join(line for line in text.splitlines(True) if "_depth: 0}" not in line))
    # TensorFlow has started already, and these figures need not be repeated.
    monkeypatch.setattr(experiment, "prepare_tensorflow", lambda seed: None)
    trained = []

    def launch(cell, _):
        trained.append(cell.name)
        train(cell.config, cell.path, resume=True, console=Console(quiet=True))
        return _Done()

    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano", None, TINY)
    phantoms = Source("phantom", data_dir, (1,), {"data.options": {"n": 10, "size": 48}})
    designs = [
        design_study("losses", grid, phantoms, losses=["bce", "compound"]),
        design_study(attention, grid, phantoms),
        design_study("imbalance", grid, phantoms, balance=["lesion_size"]),
        design_study("transfer", grid, phantoms, Source("folder", other_dir, (1,))),
    ]
    for design in designs:
        found = run_study(design, tmp_path, Console(quiet=True), launch=launch)
        folder = tmp_path / "-".join([design.name, *found["datasets"]])
        assert all(0 <= row["chosen"]["dice"] <= 1 for row in found["rows"])
        assert {path.suffix for path in folder.iterdir()} == {".md", ".csv", ".tex", ".json", ".png"}
        if not design.file.transfer:
            assert [row["label"] for row in found["rows"]] == [row.label for row in design.rows]
    assert [row["chosen"]["n_images"] for row in found["rows"]] == [2, 2, 10, 2, 2, 10]
    assert len(trained) == len(set(trained)) == 7


@pytest.mark.slow
def test_a_study_in_processes_is_stopped_and_goes_on(data_dir, tmp_path):
    words = [
        *("losses", "--dataset", "phantom", "--data-dir", str(data_dir), "--output", str(tmp_path)),
        *("--losses", "bce", "--epochs", "1", "3", "--model", "rau_net_nano", "--jobs", "2"),
        *("--set", "data.options={n: 10, size: 48}", *(f"{key}={value}" for key, value in TINY.items() if value)),
    ]
    command = [sys.executable, "-P", "-c", "from keras_rau.cli import main; main()", "study", *words]
    cell = tmp_path / "cells" / "phantom-rau_net_nano-bce-s0"
    # As a shell starts it in the background.
    ignoring = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
    process = subprocess.Popen([*ignoring, *command], stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 100
    while not (cell / "checkpoints" / "epoch_001.keras").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert "the same command goes on" in said
    assert not (cell / "metrics.json").exists()
    again = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert again.returncode == 0, again.stderr
    assert f"resuming {cell} " in cell.with_name(f"{cell.name}.log").read_text().replace("\n", " ")
    page = (tmp_path / "losses-phantom" / "table.md").read_text()
    assert "| bce | " in page
    assert "> 0." in page
