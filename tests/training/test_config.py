"""Configuration files and settings."""

import pytest

from keras_rau import metrics
from keras_rau.errors import RauError, UsageError
from keras_rau.training.config import Config, commented_yaml, load_config, parse_setting
from keras_rau.training.config.monitoring import METRICS
from keras_rau.training.config.sections import NamedSection, Section


def test_file_and_overrides(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("epochs: 7\nloss: {name: tversky, alpha: 0.2}\ndata: {image_size: 96}\n")
    config = load_config(path, {"loss.beta": 0.8, "optimizer.learning_rate": 1e-2, "epochs": 3})
    assert config.epochs == 3
    assert config.loss.arguments == {"alpha": 0.2, "beta": 0.8}
    assert config.data.image_size == (96, 96)
    assert load_config(None, {"loss": "dice", "loss.smooth": 2}).loss.arguments == {"smooth": 2}
    again = tmp_path / "again.yaml"
    again.write_text(config.to_yaml())
    assert load_config(again) == config


def test_the_published_loss_is_that_of_the_model(tmp_path):
    assert load_config(None, {"loss": "published", "model": "pranet"}).loss.name == "structure"
    assert load_config(None, {"loss": "published"}).loss.name == "compound"
    path = tmp_path / "c.yaml"
    path.write_text("loss: published\nmodel: as_net\n")
    assert load_config(path).loss.name == "weighted_bce"
    with pytest.raises(UsageError, match="Did you mean 'pranet'"):
        load_config(None, {"loss": "published", "model": "pramet"})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"epoch": 3}, "unknown key 'epoch'; did you mean 'epochs'"),
        ({"optimizer.learning_rat": 3}, "unknown key 'optimizer.learning_rat'; did you mean 'learning_rate'"),
        ({"optimizer.zzz": 3}, "known are learning_rate"),
        ({"epochs": 0}, "epochs: .*Received: 0"),
        ({"data.image_size": 8}, "at least 16"),
        ({"data.image_size": 2**32}, "at most 10000"),
        ({"epochs": 10**30}, "epochs: .*less than or equal to 1000000"),
        ({"batch_size": 10**30}, "batch_size: .*less than or equal to 1000000"),
        ({"data.resize": "crop"}, "letterbox"),
        ({"epochs.x": 1}, "epochs"),
        ({"data.split": [0.5, 0.5, 0.5]}, "data.split: .*sum to 1"),
        ({"seed": -1}, "seed: .*Received: -1"),
        ({"optimizer.learning_rate": float("inf")}, "optimizer.learning_rate: .*finite"),
        ({"monitor": "val_foo"}, "monitor: .*'val_dice'"),
        ({"monitor": "val_dise"}, "monitor: .*Did you mean 'val_dice'"),
        ({"monitor": "val_miou"}, "monitor: .*Add miou to the metrics"),
        ({"metrics": ["iou"]}, "monitor: .*Add dice to the metrics.*Received: 'val_dice'"),
        ({"metrics": ["dise"]}, "metrics: unknown metric 'dise'. Did you mean 'dice'"),
        ({"metrics": ["dice", "dice"]}, "named twice"),
        ({"tensorboard.evry": 3}, "unknown key 'tensorboard.evry'; did you mean 'every'"),
        ({"tensorboard": 3}, "tensorboard: .*Received: 3"),
        ({"hardware.devices": "many"}, "hardware.devices: Input should be 'all', or .*integer"),
        ({"checkpoints.keep_epochs": [0]}, "checkpoints.keep_epochs: .*Received: 0"),
        ({"data.split": [0.5, 0.5]}, "data.split: too few values"),
    ],
)
def test_wrong_keys_and_values(overrides, message, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("epochs: 7\n")
    with pytest.raises(RauError, match=message):
        load_config(path, overrides)


def test_every_metric_can_be_watched():
    assert list(METRICS) == metrics.names()
    for name in METRICS:
        metric = metrics.get(name)
        assert metric.name == name
        assert load_config(None, {"metrics": [name], "monitor": f"val_{name}"}).monitor == f"val_{metric.name}"
    with pytest.raises(ValueError, match="Did you mean 'dice'"):
        metrics.get("dicee")


def test_the_printed_configuration_explains_itself_and_reads_back(tmp_path):
    overrides = {
        "data.augment": {"name": "light", "hue": 3},
        "data.image_size": [96, 64],
        "loss": {"name": "compound", "losses": ["bce", {"name": "tversky", "alpha": 0.2}]},
        "model.name": "yes",
        "also_test.ph2": "a: b",
        "seed": 3,
    }
    config = load_config(None, overrides)
    path = tmp_path / "printed.yaml"
    path.write_text(commented_yaml(config))
    assert load_config(path) == config
    text = path.read_text()
    assert "seed: 3  # makes the run repeatable" in text
    assert "one of cosine, polynomial, constant" in text
    assert max(map(len, text.splitlines())) <= 120
    for section in (Config, *(field.annotation for field in Config.model_fields.values())):
        fields = getattr(section, "model_fields", {}) if section is not NamedSection else {}
        for name, field in fields.items():
            if not (isinstance(field.annotation, type) and issubclass(field.annotation, Section)):
                assert field.description, name


@pytest.mark.parametrize(("text", "message"), [("a: [", "Cannot read"), ("- 1", "mapping")])
def test_wrong_files(text, message, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(RauError, match=message):
        load_config(path)
    with pytest.raises(RauError, match=r"nothing.yaml"):
        load_config(tmp_path / "nothing.yaml")


def test_a_policy_by_its_name_is_changed_in_part(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {augment: strong}")
    config = load_config(path, {"data.augment.vignette": 0.4})
    assert config.data.augment == {"name": "strong", "vignette": 0.4}
    assert load_config(None, {"data.augment": "paper", "data.augment.hue": 3}).data.augment == {
        "name": "paper",
        "hue": 3,
    }
    with pytest.raises(RauError, match=r"'image_size' in the setting 'data.image_size.height' is a value"):
        load_config(None, {"data.image_size": 64, "data.image_size.height": 32})


def test_settings():
    assert parse_setting("a.b=1e-3") == ("a.b", 0.001)
    assert parse_setting("a=true") == ("a", True)
    assert parse_setting("a=[1, 2]") == ("a", [1, 2])
    assert parse_setting("a=x=y") == ("a", "x=y")
    assert parse_setting("seed=3") == ("seed", 3)
    for pattern in ("{id}.jpg", "*/{id}/mask.png", "{id}"):
        assert parse_setting(f"a={pattern}") == parse_setting(f'a="{pattern}"') == ("a", pattern)
    for bad in ("a", "=1"):
        with pytest.raises(RauError, match="KEY=VALUE"):
            parse_setting(bad)
