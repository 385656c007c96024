"""Runs from a configuration to a run directory."""

import errno
import json
import shutil

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_rau import datasets, losses
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.training import load_config, train
from keras_rau.training.building.monitor import Monitor
from keras_rau.training.building.optimizer import build_optimizer
from keras_rau.training.callbacks import Checkpoints, StopOnNonFinite
from keras_rau.training.runs.history import read_history


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "phantoms"
    datasets.load("phantom", root, n=30, size=48)
    return root


def _config(data_dir, **overrides):
    return load_config(
        overrides={
            "data.data_dir": str(data_dir),
            "data.image_size": 32,
            "model.name": "rau_net_nano",
            "model.depth": 2,
            "epochs": 2,
            **{key.replace("__", "."): value for key, value in overrides.items()},
        }
    )


@pytest.fixture(scope="module")
def run(data_dir, tmp_path_factory):
    output = tmp_path_factory.mktemp("runs") / "first"
    console = Console(record=True, width=200)
    result = train(_config(data_dir), output, console=console)
    return output, result, console.export_text()


def test_the_run_directory_is_complete(run):
    output, result, text = run
    names = {
        "config.yaml",
        "environment.json",
        "history.csv",
        "metrics.json",
        "scores.csv",
        "curves.png",
        "overlays.png",
        "checkpoints/best.keras",
        "checkpoints/last.keras",
        "checkpoints/previous.keras",
        "split/train.txt",
        "split/val.txt",
        "split/test.txt",
        "logs/train",
        "logs/validation",
    }
    missing = [name for name in names if not (output / name).exists()]
    assert missing == []
    assert json.loads((output / "metrics.json").read_text()) == result
    assert result["n_images"] == 6
    assert result["training"]["images"] == {"train": 21, "val": 3, "test": 6}
    assert len(read_history(output / "history.csv")) == 2
    assert "epoch 2/2" in text
    assert "val_dice" in text
    assert not list(output.rglob("*.part*"))


def test_the_best_model_scores_what_metrics_json_says(run, data_dir):
    from keras_rau.evaluation import evaluate_file

    output, result, _ = run
    best = output / "checkpoints" / "best.keras"
    _, again = evaluate_file(best, "phantom", data_dir, split="test")
    assert again["dice"] == pytest.approx(result["dice"], abs=1e-6)
    assert again["n_images"] == 6
    with pytest.raises(UsageError, match="trained on phantom"):
        evaluate_file(best, "folder", data_dir, split="test")


def test_exports_carry_the_split(run, data_dir, tmp_path):
    from keras_rau.evaluation import evaluate_file
    from keras_rau.export import from_file

    output, result, _ = run
    best = output / "checkpoints" / "best.keras"
    for kind, path in (("saved_model", tmp_path / "saved"), ("tflite", tmp_path / "m.tflite")):
        from_file(best, kind, path)
        _, again = evaluate_file(path, "phantom", data_dir, split="test")
        assert again["dice"] == pytest.approx(result["dice"], abs=1e-4)
    with pytest.raises(RauError, match=r"Only a .keras file"):
        from_file(tmp_path / "m.tflite", "saved_model", tmp_path / "other")


def test_no_lists_no_split(run, data_dir, tmp_path):
    from keras_rau.evaluation import evaluate_file

    copy = tmp_path / "copy.keras"
    copy.write_bytes((run[0] / "checkpoints" / "best.keras").read_bytes())
    with pytest.raises(RauError, match="No lists of images"):
        evaluate_file(copy, "phantom", data_dir, split="test")


def test_an_output_in_use_is_refused(run, data_dir):
    output = run[0]
    with pytest.raises(RauError, match=r"not empty.*--resume"):
        train(_config(data_dir), output)
    with pytest.raises(RauError, match=r"another configuration \(epochs: 2 then, 5 now\)"):
        train(_config(data_dir, epochs=5), output, resume=True)


def test_resume_refuses_other_images_and_a_run_without_its_last_checkpoint(run, data_dir, tmp_path):
    data, copy = tmp_path / "data", tmp_path / "run"
    shutil.copytree(data_dir, data)
    shutil.copytree(run[0], copy)
    config = copy / "config.yaml"
    config.write_text(config.read_text().replace(str(data_dir), str(data)))
    # As a folder of somebody's own: an image more would be no set of phantoms.
    (data / "phantom.json").unlink()
    config.write_text(config.read_text().replace("dataset: phantom", "dataset: folder"))
    same = _config(data, data__dataset="folder")
    (data / "images" / "phantom_00003.jpg").unlink()
    (data / "masks" / "phantom_00003_mask.png").unlink()
    with pytest.raises(RauError, match=r"not those that the training .* phantom_00003"):
        train(same, copy, resume=True)
    for name in ("last", "previous"):
        (copy / "checkpoints" / f"{name}.keras").unlink()
    with pytest.raises(RauError, match=r"last.keras is missing.*best.keras would be overwritten"):
        train(same, copy, resume=True)
    (copy / "checkpoints" / "last.keras").write_bytes(b"PK damaged")
    shutil.copytree(data_dir, data, dirs_exist_ok=True)
    (data / "phantom.json").unlink()
    with pytest.raises(RauError, match=r"last.keras is damaged"):
        train(same, copy, resume=True)


def test_resume_of_a_finished_run_trains_no_more(run, data_dir):
    console = Console(record=True, width=200)
    # Another cache changes no result.
    again = train(_config(data_dir, data__cache="none"), run[0], resume=True, console=console)
    assert again["dice"] == run[1]["dice"]
    assert "after epoch 2 of 2" in console.export_text()


@pytest.mark.slow
def test_resume_with_nothing_saved_starts_afresh(data_dir, tmp_path):
    console = Console(record=True, width=200)
    train(_config(data_dir, epochs=1), tmp_path / "new", resume=True, console=console)
    assert "starting afresh" in console.export_text()


@pytest.mark.slow
def test_training_starts_from_given_weights(run, data_dir, tmp_path):
    best = run[0] / "checkpoints" / "best.keras"
    config = _config(data_dir, epochs=1, init=str(run[0]), optimizer__learning_rate=1e-9)
    train(config, tmp_path / "run")
    start, end = (keras.saving.load_model(path) for path in (best, tmp_path / "run" / "checkpoints" / "last.keras"))
    for one, other in zip(start.trainable_variables, end.trainable_variables, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), atol=1e-6)
    for source, message in (
        ("nowhere.keras", "does not exist"),
        (str(data_dir / "phantom.json"), r"Expected: a \.keras file"),
    ):
        with pytest.raises(RauError, match=message):
            train(_config(data_dir, init=source), tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("boundary", {"loss.region": "jaccard", "loss.decrease": 0.5}),
        *(
            pytest.param(name, {}, marks=(pytest.mark.slow, pytest.mark.matrix))
            for name in losses.names()
            if name not in ("boundary", "cce")
        ),
    ],
)
def test_every_loss_trains_by_name(name, settings, data_dir, tmp_path):
    found = train(_config(data_dir, epochs=2, loss__name=name, **settings), tmp_path / "run")
    history = read_history(tmp_path / "run" / "history.csv")
    assert all(np.isfinite(row["loss"]) for row in history)
    assert 0 <= found["dice"] <= 1


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"model__name": "rau_net_nanno"}, UsageError, "Did you mean 'rau_net_nano'"),
        ({"model__colour": 3}, UsageError, "colour"),
        ({"loss__name": "dise"}, UsageError, "Did you mean 'dice'"),
        ({"loss__alpha": 3}, UsageError, "does not take this argument. Known: losses, weights"),
        ({"loss__name": "cce"}, UsageError, "several channels"),
        ({"loss__name": "boundary", "model__classes": 2}, UsageError, "masks have one lesion class"),
        ({"data__dataset": "isic"}, UsageError, "Unknown data set"),
        ({"data__data_dir": "/nowhere"}, DataError, "nowhere"),
        ({"data__augment": "ligth"}, UsageError, "Did you mean 'light'"),
    ],
)
def test_what_is_wrong_is_known_before_anything_is_written(overrides, error, message, data_dir, tmp_path):
    if "data__data_dir" in overrides:
        overrides = {**overrides, "data__dataset": "folder"}
    with pytest.raises(error, match=message):
        train(_config(data_dir, **overrides), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_training():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(RauError, match="The loss became nan in epoch 1, step 1"):
        model.fit(np.full((4, 2), np.nan), np.zeros((4, 1)), verbose=0, callbacks=[StopOnNonFinite()])


def test_the_learning_rate_warms_up_and_falls_to_zero():
    section = _config("x").optimizer
    rate = build_optimizer(section, steps=10, epochs=5)._learning_rate
    values = [float(rate(step)) for step in range(51)]
    assert values[0] == 0
    assert values[10] == pytest.approx(section.learning_rate)
    assert max(values) == values[10]
    assert values[50] == pytest.approx(0, abs=1e-9)


def test_a_checkpoint_that_cannot_be_written_leaves_those_before(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    callback = Checkpoints(tmp_path, Monitor("val_dice"))
    callback.set_model(model)
    callback.on_epoch_end(0, {"val_dice": 0.5})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save", full)
    with pytest.raises(RauError, match=r"best.keras: No space left on device.*--resume"):
        callback.on_epoch_end(1, {"val_dice": 0.6})
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert callback.best == 0.5
