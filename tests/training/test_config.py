"""Configuration files and settings."""

import pytest

from keras_rau.errors import RauError
from keras_rau.training.config import load_config, parse_setting


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


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"epoch": 3}, "unknown key 'epoch'; did you mean 'epochs'"),
        ({"optimizer.learning_rat": 3}, "unknown key 'optimizer.learning_rat'; did you mean 'learning_rate'"),
        ({"optimizer.zzz": 3}, "known are learning_rate"),
        ({"epochs": 0}, "epochs: .*Received: 0"),
        ({"data.image_size": 8}, "at least 16"),
        ({"data.resize": "crop"}, "letterbox"),
        ({"epochs.x": 1}, "epochs"),
        ({"data.split": [0.5, 0.5, 0.5]}, "data.split: .*sum to 1"),
        ({"seed": -1}, "seed: .*Received: -1"),
        ({"optimizer.learning_rate": float("inf")}, "optimizer.learning_rate: .*finite"),
        ({"monitor": "val_foo"}, "monitor: .*'val_dice'"),
    ],
)
def test_wrong_keys_and_values(overrides, message, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("epochs: 7\n")
    with pytest.raises(RauError, match=message):
        load_config(path, overrides)


@pytest.mark.parametrize(("text", "message"), [("a: [", "Cannot read"), ("- 1", "mapping")])
def test_wrong_files(text, message, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(RauError, match=message):
        load_config(path)
    with pytest.raises(RauError, match=r"nothing.yaml"):
        load_config(tmp_path / "nothing.yaml")


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
