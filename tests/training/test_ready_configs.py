"""The configurations that come with the package."""

import pytest

from keras_rau import datasets, models
from keras_rau.errors import UsageError
from keras_rau.training import load_config, ready_configs, train
from keras_rau.training.building.model import checked_loss
from keras_rau.training.config.ready import description
from keras_rau.training.runs.history import read_history
from tests.command import run_command


@pytest.mark.parametrize("name", ready_configs())
def test_every_one_loads_and_names_what_exists(name):
    config = load_config(name)
    assert config.model.name in models.list_presets()
    assert config.data.dataset in datasets.names()
    checked_loss(config)
    assert len(description(name)) < 100


def test_one_for_every_source():
    for name in datasets.names():
        assert load_config(name).data.dataset == name


def test_the_setting_of_the_paper():
    config = load_config("paper")
    assert (config.model.name, config.loss.name, config.epochs) == ("rau_net_paper", "compound", 100)
    assert config.checkpoints.keep_epochs == [20, 40, 60, 80, 100]
    assert "our interpretation" in description("paper")


def test_later_ones_go_over_earlier_ones(tmp_path):
    both = load_config(["nano", "ph2"], {"epochs": 7})
    assert (both.model.name, both.data.dataset, both.batch_size, both.epochs) == ("rau_net_nano", "ph2", 4, 7)
    assert both.data.image_size == (128, 128)
    assert load_config(["ph2", "nano"]).batch_size == 16
    own = tmp_path / "own.yaml"
    own.write_text("model: {depth: 2}\nloss: {name: tversky, alpha: 0.3}\n")
    assert load_config(["nano", own]).model.arguments == {"depth": 2}
    # Arguments of one loss are none of another.
    other = tmp_path / "other.yaml"
    other.write_text("loss: dice\n")
    assert load_config([own, str(other)]).loss.arguments == {}


def test_the_last_epochs_of_the_models_that_ship():
    lite = load_config(["lite", "lite_finish", "isic2018"])
    assert (lite.model.name, lite.data.image_size, lite.data.resize) == ("rau_net_lite", (224, 224), "squash")
    assert lite.data.augment == {"name": "strong", "vignette": 0.4, "aspect": 0.33}
    assert lite.optimizer.ema == 0.99
    nano = load_config(["nano", "nano_finish", "isic2018"])
    assert (nano.model.name, nano.data.image_size, nano.distillation.teacher) == (
        "rau_net_nano",
        (128, 128),
        "rau_net_lite",
    )


def test_names_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("epochs: 3\n")
    assert load_config("mine").epochs == 3
    (tmp_path / "nano").mkdir()
    assert load_config("nano").model.name == "rau_net_nano"
    with pytest.raises(UsageError, match="Did you mean 'nano'"):
        load_config("nanno")


def test_on_the_command_line(monkeypatch, capsys):
    status, out, _ = run_command(monkeypatch, capsys, "train", "--list-configs")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ready_configs()
    status, out, _ = run_command(monkeypatch, capsys, "train", "nano", "isic2018", "--print-config", "--epochs", "3")
    assert status == 0
    for text in ("dataset: isic2018", "name: rau_net_nano", "epochs: 3", "batch_size: 16"):
        assert text in out
    status, _, err = run_command(monkeypatch, capsys, "train", "nanno", "--print-config")
    assert (status, "Did you mean 'nano'" in err) == (2, True)


@pytest.mark.slow
def test_nano_on_phantoms_trains(tmp_path):
    overrides = {
        "data.data_dir": str(tmp_path / "phantoms"),
        "data.options": {"n": 24, "size": 48},
        "data.image_size": 32,
        "model.depth": 2,
        "epochs": 1,
        "metrics": ["dice", "threshold_jaccard"],
        "monitor": "val_threshold_jaccard",
    }
    config = load_config(["nano", "phantom"], overrides)
    result = train(config, tmp_path / "run")
    assert result["training"]["preset"] == "rau_net_nano"
    assert result["training"]["stopped_early"] is False
    # Exactly what `monitor` may name.
    (row,) = read_history(tmp_path / "run" / "history.csv")
    assert set(row) - {"epoch", "learning_rate"} == {
        f"{prefix}{name}" for prefix in ("", "val_") for name in ("loss", "dice", "threshold_jaccard")
    }
