"""Starting from trained weights."""

import json
import os
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest

from keras_rau import datasets, losses, models, pretrained
from keras_rau.datasets.preprocessing import as_config
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.export import read_sidecar, write_sidecar
from keras_rau.training import load_config
from keras_rau.training.building.model import fresh_model
from keras_rau.training.fine_tuning.initial_weights import Start, check_unseen, initialise, load_start, start_line
from tests.command import run_command


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file as a training leaves it."""
    path = tmp_path_factory.mktemp("models") / "best.keras"
    _model(depth=2, width=4).save(path)
    info = {"name": "rau_net_nano", "dataset": "isic2018", "image_size": [48, 64], "resize": "squash"}
    split = {"train": ["ISIC_0000001"], "val": ["ISIC_0000002"], "test": ["ISIC_0000003"]}
    write_sidecar(path, {**info, "preprocess": ["shades_of_grey"], "split": split})
    return path


def _model(name="rau_net_nano", size=32, **arguments):
    return models.from_preset(name, weights=None, input_shape=(size, size, 3), **arguments)


def _config(**overrides):
    return load_config(overrides={key.replace("__", "."): value for key, value in overrides.items()})


def _weights(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def test_architecture_and_feeding_are_those_of_the_file(file):
    config = _config(init=str(file))
    assert config.model.name == "rau_net_nano"
    assert config.model.arguments == {"depth": 2, "width": 4}
    assert config.data.image_size == (48, 64)
    assert config.data.resize == "squash"
    assert config.data.preprocess == as_config(["shades_of_grey"])
    # What is written down needs the file no more.
    again = load_config(overrides={**_flat(config), "init": "gone.keras"})
    assert again == config.model_copy(update={"init": "gone.keras"})


def _flat(config):
    tree = config.model_dump(mode="json")
    return {"model": tree["model"], **{f"data.{name}": value for name, value in tree["data"].items()}}


def test_what_is_said_goes_over_the_file(file):
    config = _config(init=str(file), data__image_size=32, data__preprocess=[], model__classes=2)
    assert config.data.image_size == (32, 32)
    assert config.model.arguments == {"depth": 2, "width": 4, "classes": 2}
    with pytest.warns(UserWarning, match=r"data.preprocess=\[.*shades_of_grey.*goes on with \[\]"):
        load_start(config)
    other = _config(init=str(file), model="unet")
    assert other.model.arguments == {}


def test_a_file_without_its_sidecar_and_a_name_of_its_own(tmp_path):
    models.AttentionUNet((40, 40, 3), width=4, depth=2, name="mine").save(tmp_path / "m.keras")
    config = _config(init=str(tmp_path / "m.keras"))
    assert config.model.name == "attention_unet"
    assert config.model.arguments == {"width": 4, "depth": 2}
    assert config.data.image_size == (40, 40)
    assert config.data.resize == "letterbox"


def test_weights_of_another_size(file):
    start = load_start(_config(init=str(file)))
    model = _model(size=80, depth=2, width=4)
    assert initialise(model, start) == []
    for one, other in zip(_weights(start.model), _weights(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_layers_are_named(file):
    start = load_start(_config(init=str(file)))
    with pytest.raises(RauError, match=r"encoder_1: .*kernel .* there, .* here, and \d+ more weights"):
        initialise(_model(depth=2, width=8), start)
    with pytest.raises(RauError, match=r"decoder_2: 0 weights there, \d+ here"):
        initialise(_model(depth=3, width=4), start)
    # Another number of classes excuses nothing else.
    with pytest.raises(RauError, match="encoder_1"):
        initialise(_model(depth=2, width=8, classes=2), start)


def test_other_classes_leave_fresh_what_belongs_to_them(file):
    start = load_start(_config(init=str(file)))
    model = _model(depth=2, width=4, classes=3)
    before = _weights(model)
    fresh = initialise(model, start)
    assert "logits: kernel (1, 1, 4, 1) there, (1, 1, 4, 3) here, and 1 more weights" in fresh
    assert "left fresh, because classes or outline styles differ: " in start_line(start, fresh)
    assert {line.split(":")[0] for line in fresh} <= {"logits", "attention_0", "attention_1"}
    changed = [
        not np.array_equal(one, other) for one, other in zip(before, _weights(model), strict=True) if one.ndim == 4
    ]
    assert sum(changed) > 0.8 * len(changed)
    for one, other in zip(
        start.model.get_layer("encoder_0").weights, model.get_layer("encoder_0").weights, strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_preset_with_weights():
    with pytest.raises(UsageError, match=r"rau_net_small.*comes without trained weights"):
        load_start(_config(init="rau_net_small"))
    with pytest.raises(UsageError, match=r"no file and no preset.*Did you mean 'rau_net_nano'"):
        load_start(_config(init="rau_net_nanno"))
    config = load_config(overrides={"init": "rau_net_nano"})
    info = read_sidecar(pretrained.tflite_file("rau_net_nano"))
    assert config.model.name == "rau_net_nano"
    assert list(config.data.image_size) == info["image_size"]
    start = load_start(config)
    assert start.info["split"] == info["split"]
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(64, 64, 3))
    assert initialise(model, start) == []
    trained = models.from_preset("rau_net_nano", input_shape=(64, 64, 3))
    for one, other in zip(model.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_the_encoder_are_not_looked_for():
    config = _config(
        init="rau_net_lite", data__image_size=64, model__name="rau_net_lite", model__encoder_weights="nowhere.pth"
    )
    assert initialise(fresh_model(config, losses.get("compound"), 1), load_start(config)) == []


def test_weights_alone_need_the_name_of_their_model(file, tmp_path):
    trained = keras.saving.load_model(file)
    path = tmp_path / "m.weights.h5"
    trained.save_weights(path)
    with pytest.raises(UsageError, match="name it with --model"):
        _config(init=str(path))
    config = _config(init=str(path), model="rau_net_nano", model__depth=2, model__width=4)
    model = _model(size=48, depth=2, width=4)
    assert initialise(model, load_start(config)) == []
    np.testing.assert_array_equal(trained.get_weights()[0], model.get_weights()[0])
    with pytest.raises(RauError, match=r"m\.weights\.h5 are of another model than rau_net_nano .* with --model"):
        load_start(_config(init=str(path), model="rau_net_nano", model__depth=2))


@pytest.mark.parametrize("part", ["layers/conv2d", "layers/conv_block", "layers"])
def test_weights_that_lack_a_part_of_the_model_are_refused(file, tmp_path, part):
    path = tmp_path / "m.weights.h5"
    keras.saving.load_model(file).save_weights(path)
    with h5py.File(path, "r+") as weights:
        del weights[part]
    with pytest.raises(RauError, match=r"m\.weights\.h5 are of another model than rau_net_nano"):
        load_start(_config(init=str(path), model="rau_net_nano", model__depth=2, model__width=4))


def test_what_is_no_model_is_refused(file, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "m.keras").write_bytes(file.read_bytes()[:500])
    keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1)]).save(tmp_path / "other.keras")
    (tmp_path / "phantom.json").write_text("{}")
    (tmp_path / "m.tflite").write_bytes(b"TFL3")
    (tmp_path / "m.npz").write_bytes(b"PK")
    os.mkfifo(tmp_path / "pipe.keras")
    expected = (
        r"Expected: a \.keras file, a run directory, a file of weights \(\.weights\.h5\), or the name of a preset"
    )
    for name, message in (
        ("phantom.json", expected),
        ("m.tflite", expected),
        ("m.npz", expected),
        ("pipe.keras", expected),
        ("a" * 300 + ".keras", "does not exist"),
        ("gone.keras", "does not exist"),
        ("run", "not a run directory"),
        ("m.keras", r"damaged or no \.keras file"),
        ("other.keras", "Sequential, none of ours"),
    ):
        with pytest.raises(DataError, match=message):
            _config(init=str(tmp_path / name))


def test_images_that_were_trained_on_are_not_tested_on(file):
    start = load_start(_config(init=str(file)))

    def samples(source, *names):
        return [SimpleNamespace(id=name, source=source) for name in names]

    same = {"train": samples("isic2018", "ISIC_0000001"), "val": samples("isic2018", "ISIC_0000002")}
    check_unseen(start, {**same, "test": samples("isic2018", "ISIC_0000003")})
    for other in (
        {"test": samples("isic2017", "ISIC_0000001")},
        {"test": samples("ham10000", "ISIC_0000002")},
        {"val": samples("isic2018", "ISIC_0000001")},
        {"also_test isic2017": samples("isic2017", "ISIC_0000001")},
    ):
        with pytest.raises(DataError, match=r"1 images of the set .* trained on"):
            check_unseen(start, {**same, **other})
    with pytest.warns(UserWarning, match="ISIC_0000001"):
        check_unseen(start, {"test": samples("isic2018", "ISIC_0000001")}, allow=True)
    # Files of one's own may be called as others are.
    own = Start("runs/own", start.model, {"dataset": "folder", "split": {"train": ["1"], "val": ["2"]}})
    with pytest.warns(UserWarning, match="If they are the same"):
        check_unseen(own, {"test": samples("folder", "1", "3")})
    check_unseen(own, {"test": samples("ph2", "1")})


def test_fine_tuning_from_the_command_line(tmp_path, monkeypatch, capsys):
    """With a frozen encoder, and at another size than the file's."""
    data = tmp_path / "ward"
    datasets.load("phantom", data, n=20, size=48)
    (data / "phantom.json").unlink()
    run, file = tmp_path / "run", tmp_path / "run" / "checkpoints" / "best.keras"
    file.parent.mkdir(parents=True)
    _model("unet", size=48, width=2, depth=1, upsampling="bilinear").save(file)
    write_sidecar(file, {"name": "unet", "dataset": "isic2018", "resize": "squash"})
    words = ["--dataset", "folder", "--data-dir", data, "--init", run, "--image-size", 32]
    status, out, _ = run_command(monkeypatch, capsys, "train", *words, "--print-config")
    assert status == 0
    assert "width: 2" in out
    more = ["--epochs", 2, "--set", "frozen_encoder_epochs=1", "--set", "optimizer.warmup_epochs=0"]
    status, _, err = run_command(monkeypatch, capsys, "train", *words, *more, "--output", tmp_path / "tuned")
    assert status == 0, err
    assert f"starting from the weights of {run}" in err
    assert "warning" not in err
    info = json.loads((tmp_path / "tuned" / "checkpoints" / "best.keras.json").read_text())
    assert info["resize"] == "squash"
    first, tuned = (
        keras.saving.load_model(path) for path in (file, tmp_path / "tuned" / "checkpoints" / "previous.keras")
    )
    one, other = (model.get_layer("encoder_0").get_weights() for model in (first, tuned))
    assert all(np.array_equal(before, after) for before, after in zip(one, other, strict=True))
    status, _, err = run_command(
        monkeypatch, capsys, "train", *words, "--init", "gone.keras", "--output", tmp_path / "x"
    )
    assert status == 1
    assert "does not exist: gone.keras" in err
