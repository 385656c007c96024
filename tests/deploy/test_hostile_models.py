"""Model files of strangers are refused in one line, before anything in them is run, read, written or fetched."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import export, pretrained
from keras_rau.errors import DataError, ExportError, ModelFileError, RauError
from keras_rau.export.programs import opening
from keras_rau.export.programs.trial import try_tflite
from keras_rau.trust import load_keras_file
from keras_rau.trust.effort import check_effort
from tests.command import run_command
from tests.deploy.hostile import checkpoints, keras_archives, tflite_files
from tests.deploy.hostile.attack import canary, open_attack

ROOT = Path(__file__).parents[2]
# Of each kind some; all of them in processes of their own are slow.
SAMPLE = {
    name: make
    for name, make in {**keras_archives.CASES, **checkpoints.CASES, **tflite_files.CASES}.items()
    if name
    in {
        "keras: lambda in a wrapper",
        "keras: nested loading",
        "keras: registered function by its last word",
        "keras: encoder weights from the network",
        "keras: layer of terabytes",
        "keras: map of terabytes",
        "keras: chain of thousands",
        "keras: layers backwards",
        "keras: classifier",
        "keras: external link",
        "keras: array of terabytes",
        "hdf5 model: lambda in a wrapper",
        "hdf5 model: layer of terabytes",
        "hdf5 model: external link",
        "hdf5 model: registered function as a loss",
        "init: external link",
        "init: lambda",
        "zip: traversal",
        "pickle as .keras",
        "tflite: an input left out",
        "tflite: a constant that is too short",
        "tflite: offsets backwards",
        "tflite: a pipe",
        "sidecar: threshold NaN",
        "sidecar: nested deep",
        "sidecar: wrong hash",
    }
}


@pytest.fixture
def danger():
    """A function that the running program has registered."""
    called = []
    keras.saving.get_custom_objects()["hostile>danger"] = lambda x: called.append(x) or x
    yield called
    del keras.saving.get_custom_objects()["hostile>danger"]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_hostile_files(name, tmp_path, danger):
    attack = SAMPLE[name](tmp_path)
    start = time.perf_counter()
    with pytest.raises((ModelFileError, ExportError)) as caught:
        open_attack(attack)
    assert time.perf_counter() - start < 5
    assert attack.path.name.partition(".")[0] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not canary(tmp_path).exists()
    assert not danger


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, make in SAMPLE.items() if not name.startswith("hdf5")])
def test_every_command_refuses_it_in_one_line(name, tmp_path, monkeypatch, capsys, danger):
    # A pipe is refused like any other file, but cannot be read back to be copied beside a sidecar.
    attack = SAMPLE[name](tmp_path)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "photo.png")
    out = tmp_path / "out"
    data = ["--dataset", "phantom", "--data-dir", tmp_path / "phantoms"]
    commands = [
        ["predict", tmp_path / "photo.png", "--model", attack.path, "--output", out],
        ["evaluate", *data, "--model", attack.path],
        ["export", "--model", attack.path, "--format", "tflite", "--image-size", "32", "--output", out],
        ["train", *data, "--init", attack.path, "--image-size", "32", "--epochs", "1", "--output", out],
    ]
    for words in commands:
        status, _, said = run_command(monkeypatch, capsys, *words)
        assert status in (1, 2), (words, said)
        lines = [line for line in said.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, (words, said)
        assert "(--debug shows where)" not in said, (words, said)
        assert not out.exists(), words
        assert not canary(tmp_path).exists()
        assert not danger


@pytest.mark.slow
def test_the_whole_corpus_in_processes_of_their_own(tmp_path):
    words = [sys.executable, "-P", "-W", "ignore", "tests/deploy/hostile/run.py", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(reports) > 100
    for report in reports:
        assert report["expected"], report
        assert report["seconds"] < 5, report
        assert report["passed"] < 60, report
        assert report["megabytes"] < 300, report
        assert not report["events"], report
        assert not report["executed"], report
        assert "\n" not in report["error"], report


def test_what_takes_the_interpreter_down_takes_down_a_trial_only(tmp_path):
    path = tflite_files.CASES["tflite: an input left out"](tmp_path).path
    with pytest.raises(ModelFileError, match="took a trial process down"):
        try_tflite(path, 100 << 20)


def test_a_trial_has_little_more_memory_than_the_tensors_need(tmp_path):
    path = pretrained.tflite_file("rau_net_lite")
    with pytest.raises(ModelFileError):
        try_tflite(path, -(110 << 20))


def test_files_of_others_are_tried_once_and_ours_never(tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr("keras_rau.export.programs.trial.try_tflite", lambda path, size: tried.append((path, size)))
    path = tmp_path / "m.tflite"
    path.write_bytes(pretrained.tflite_file("rau_net_nano").read_bytes())
    opening.check_program(path)
    assert not tried
    # Another file by one byte, in what it says of itself.
    path.write_bytes(path.read_bytes() + b"\0")
    opening.check_program(path)
    opening.check_program(path)
    assert [one for one, _ in tried] == [path]
    path.write_bytes(path.read_bytes() + b"\0")
    opening.check_program(path)
    assert len(tried) == 2


def test_trust_opens_what_is_refused_otherwise(tmp_path):
    path = tflite_files.CASES["tflite: an operator of TensorFlow"](tmp_path).path
    with pytest.raises(ModelFileError, match=r"FlexWriteFile.*--trust"):
        export.Predictor(path)
    opening.check_program(path, trust=True)
    # The interpreter has a say, too.
    with pytest.raises(ExportError, match="not a TFLite model"):
        export.Predictor(path, trust=True)


def test_a_command_says_it_in_one_line(tmp_path, monkeypatch, capsys):
    path = tflite_files.CASES["tflite: an operator of TensorFlow"](tmp_path).path
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "photo.png")
    words = ["predict", tmp_path / "photo.png", "--model", path, "--output", tmp_path / "masks"]
    status, _, said = run_command(monkeypatch, capsys, *words)
    assert (status, said.count("\n")) == (1, 1)
    assert "FlexWriteFile" in said
    status, _, said = run_command(monkeypatch, capsys, *words, "--trust")
    assert (status, said.count("\n")) == (1, 1)
    assert "not a TFLite model" in said


def test_an_older_keras_is_refused(tmp_path, monkeypatch):
    path = keras_archives.write(tmp_path / "m.keras", keras_archives.functional())
    monkeypatch.setattr(keras, "__version__", "3.14.2")
    with pytest.raises(RauError, match=r"Keras 3\.14\.2 .* keras>=3\.15\.1"):
        load_keras_file(path)


def test_a_map_that_no_memory_holds_is_found_before_it_is_made(tmp_path):
    path = keras_archives.CASES["keras: map of terabytes"](tmp_path).path
    with pytest.raises(ModelFileError, match=r"3200000, 3200000, 3\), 122,880,000,000,000 bytes"):
        export.Predictor(path)


def test_layers_in_any_order_that_keras_writes_are_taken():
    image = keras.Input((16, 16, 3))
    shared, x = keras.layers.Conv2D(3, 1), image
    for _ in range(60):
        x = shared(keras.layers.Activation("relu")(x))
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(keras.Model(image, x))))
    check_effort(config, "m.keras")
    keras.saving.deserialize_keras_object(config)


def test_the_limit_of_weights_ends_with_the_file(tmp_path):
    path = keras_archives.CASES["keras: our model of terabytes"](tmp_path).path
    before = keras.Variable.__init__
    with pytest.raises(ModelFileError, match="more weights than it holds"):
        load_keras_file(path)
    assert keras.Variable.__init__ is before


def test_models_of_other_programs_are_opened_still(tmp_path):
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(2, 3, padding="same", activation=keras.activations.silu)(image)
    x = keras.layers.RandomFlip()(keras.layers.Dropout(0.5)(keras.ops.relu6(x) * 2))
    inner = keras.Sequential([keras.Input((16, 16, 2)), keras.layers.Conv2D(1, 1, kernel_regularizer="l2")])
    model = keras.Model(image, keras.layers.Activation("sigmoid")(inner(x)))
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 10)), "binary_crossentropy")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "m.keras")
    found = load_keras_file(tmp_path / "m.keras", compiled=True)
    for one, other in zip(model.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.export
def test_an_export_that_predictor_would_not_run_is_refused(tmp_path):
    image = keras.Input((16, 16, 3))
    model = keras.Model(image, keras.ops.sigmoid(keras.ops.erfinv(image[..., :1] / 512)))
    with pytest.raises(ExportError, match=r"Predictor would not run .*saved\.rejected.*Erfinv"):
        export.saved_model(model, tmp_path / "saved")
    export.saved_model(model, tmp_path / "other", trust=True)
    with pytest.raises(DataError, match="Erfinv"):
        export.Predictor(tmp_path / "other")
    assert export.Predictor(tmp_path / "other", trust=True).predict(np.zeros((16, 16, 3), np.uint8)).all()


@pytest.mark.slow
def test_damaged_files_end_in_errors_of_this_package():
    words = [sys.executable, "-P", "tests/fuzzing/__main__.py"]
    environment = {**os.environ, "FUZZ_MINUTES": "0.5", "FUZZ_SEED": "3"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout
