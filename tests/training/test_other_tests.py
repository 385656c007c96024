"""Testing on other data sets than the one a model was trained on."""

import json

import pytest
import yaml

from keras_rau import datasets
from keras_rau.errors import DataError, UsageError
from keras_rau.training import load_config, train
from tests.command import run_command


def _config(root, **others):
    return load_config(
        overrides={
            "data.data_dir": str(root / "own"),
            "data.image_size": 32,
            "model.name": "rau_net_nano",
            "model.depth": 2,
            "epochs": 1,
            "also_test": others,
        }
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("hospitals")
    datasets.load("phantom", root / "own", n=20, size=48)
    datasets.load("phantom", root / "other", n=4, size=40, seed=7)
    return root


@pytest.mark.slow
def test_scores_of_all_images_of_the_other(root, tmp_path):
    result = train(_config(root, folder=str(root / "other")), tmp_path / "run")
    assert result["also_test"]["folder"]["n_images"] == 4
    assert json.loads((tmp_path / "run/metrics.json").read_text())["also_test"] == result["also_test"]
    assert len((tmp_path / "run/scores_folder.csv").read_text().splitlines()) == 5
    assert result["n_images"] == 4  # its own test set


def test_what_cannot_be_is_found_before_the_training(root, tmp_path):
    for others, message in (
        ({"folder": str(root / "own")}, "leakage between train, val, also_test folder"),
        ({"phantom": str(root / "nowhere")}, "nowhere does not exist"),
    ):
        with pytest.raises(DataError, match=message):
            train(_config(root, **others), tmp_path / "run")
    with pytest.raises(UsageError, match="Did you mean 'ph2'"):
        train(_config(root, ph3=str(root / "other")), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert not (root / "nowhere").exists()


def test_on_the_command_line(monkeypatch, capsys):
    words = ["train", "--print-config", "--also-test", "ph2=PH2Dataset", "--also-test", "ham10000=HAM"]
    words += ["--also-train", "isic2017=ISIC2017"]
    status, out, _ = run_command(monkeypatch, capsys, *words)
    assert status == 0
    assert yaml.safe_load(out)["also_test"] == {"ph2": "PH2Dataset", "ham10000": "HAM"}
    assert yaml.safe_load(out)["also_train"] == {"isic2017": "ISIC2017"}
    status, _, err = run_command(monkeypatch, capsys, "train", "--also-test", "ph2")
    assert status == 2
    assert "NAME=DIR" in err
    status, _, err = run_command(monkeypatch, capsys, "train", "--also-test", "ph2=A", "--also-test", "ph2=B")
    assert status == 2
    assert "each data set once" in err
