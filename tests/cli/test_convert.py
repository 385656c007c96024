"""keras-rau convert: a published checkpoint goes all the way."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_rau import datasets, models
from tests.command import run_command
from tests.models.seeded import seeded_state
from tests.models.torch_files import write_state

_SHAPES = json.loads((Path(__file__).parents[1] / "models/published/ege_unet.json").read_text())["shapes"]


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: run_command(monkeypatch, capsys, *words)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "best.pth"
    write_state(path, seeded_state(_SHAPES), prefix="module.")
    return path


def test_a_converted_checkpoint_is_a_model_of_the_published_conventions(run, checkpoint, tmp_path):
    output = tmp_path / "ege.keras"
    status, out, err = run("convert", checkpoint, "--model", "ege_unet", "--image-size", 64, "--output", output)
    assert status == 0, err
    assert "EGEUNet, 53,374 trainable parameters" in out
    model = keras.saving.load_model(output)
    assert model.get_config()["conventions"] == "published"
    status, _, err = run("convert", checkpoint, "--model", "ege_unet", "--output", output)
    assert status == 1
    assert "exists already" in err


def test_what_cannot_be_converted_is_refused(run, checkpoint, tmp_path):
    for words, status, message in (
        (("--model", "as_net", "--output", tmp_path / "m.keras"), 2, "follows no published code"),
        (("--model", "nonsense", "--output", tmp_path / "m.keras"), 2, "Unknown preset"),
        (("--model", "ege_unet", "--output", tmp_path / "m.h5"), 2, "must end in .keras"),
        (("--model", "malunet", "--output", tmp_path / "m.keras"), 1, "does not fit MALUNet"),
    ):
        found, _, err = run("convert", checkpoint, *words)
        assert found == status, err
        assert message in err
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.slow
def test_a_converted_checkpoint_is_evaluated_exported_and_predicts(run, checkpoint, tmp_path):
    output, data = tmp_path / "ege.keras", tmp_path / "data"
    datasets.load("phantom", data, n=4, seed=0)
    image = sorted(data.rglob("*.png"))[0]
    for words in (
        ("convert", checkpoint, "--model", "ege_unet", "--image-size", 64, "--output", output),
        ("evaluate", "--model", output, "--dataset", "phantom", "--data-dir", data, "--json", tmp_path / "e.json"),
        # Random weights give masks that hang by a hair: the probabilities are what is compared.
        (
            "export",
            "--model",
            output,
            "--format",
            "tflite",
            "--output",
            tmp_path / "m.tflite",
            "--min-dice",
            0,
            "--min-mean-dice",
            0,
        ),
        ("predict", image, "--model", tmp_path / "m.tflite", "--output", tmp_path / "masks"),
    ):
        status, _, err = run(*words)
        assert status == 0, err
    assert any((tmp_path / "masks").iterdir())
    assert models.load(output).name == "ege_unet"
    assert np.isfinite(json.loads((tmp_path / "e.json").read_text())["dice"])
