"""What is recorded of data and surroundings, and what is checked before a training goes on."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from keras_rau import datasets, training
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.files import write_text
from keras_rau.training import load_config, reproducibility
from keras_rau.training.fitting import check_saving
from keras_rau.training.reproducibility import record_start
from keras_rau.training.run_directory import RunDirectory, plain_disk_errors
from keras_rau.training.runs.fingerprint import check_same_files, fingerprint
from keras_rau.training.runs.interruption import Interruption
from keras_rau.training.runs.resume import recover, what_is_kept
from keras_rau.training.runs.state import TrainingState, add_state
from tests.command import run_command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "phantoms"
    datasets.load("phantom", root, n=12, size=48)
    return root


def test_the_fingerprint_is_that_of_the_content(folder, tmp_path):
    samples = datasets.load("phantom", folder)
    found = fingerprint(samples)
    assert found.summary() == {
        "sha256": fingerprint(reversed(samples)).sha256,
        "images": 12,
        "bytes": sum(path.stat().st_size for name in ("images", "masks") for path in (folder / name).iterdir()),
    }
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    assert fingerprint(datasets.load("phantom", moved)).sha256 == found.sha256
    assert fingerprint(samples[1:]).sha256 != found.sha256


def test_changed_files_are_named(folder, tmp_path):
    table, copy = tmp_path / "files.csv", tmp_path / "copy"
    shutil.copytree(folder, copy)
    samples = datasets.load("phantom", copy)
    check_same_files(fingerprint(samples), table, tmp_path)
    fingerprint(samples).write(table)
    check_same_files(fingerprint(samples), table, tmp_path)
    # Another content of the same size.
    for path in (samples[2].image, samples[5].mask):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    with pytest.raises(DataError) as error:
        check_same_files(fingerprint(samples), table, tmp_path)
    assert f"image of {samples[2].id}\n  mask of {samples[5].id}\n" in str(error.value)
    assert str(error.value).startswith("2 file(s) have another content")
    with pytest.raises(DataError, match=r"nowhere\.png"):
        fingerprint([SimpleNamespace(id="a", image=tmp_path / "nowhere.png", mask=None)])


def test_the_first_epoch_of_a_pipeline_can_begin_in_its_middle(folder):
    samples = datasets.load("phantom", folder)
    settings = {"image_size": 32, "batch_size": 5, "augment": True, "shuffle_seed": 4, "cache": "none"}
    data = datasets.pipeline(samples, **settings)
    once = [[image.numpy() for image, _ in data] for _ in range(3)]
    assert [len(epoch) for epoch in once] == [3, 3, 3]
    assert not np.array_equal(once[0][2], once[1][2])
    data = datasets.pipeline(samples, **settings, start_epoch=1, start_step=2)
    for wanted in (once[1][2:], once[2]):
        for found, image in zip((image for image, _ in data), wanted, strict=True):
            np.testing.assert_array_equal(found, image)
    data = datasets.pipeline(samples, **settings, position=lambda: (2, 1))
    for _ in range(2):
        for found, image in zip((image for image, _ in data), once[2][1:], strict=True):
            np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize(("number", "words"), [(2, ["--resume"]), (15, [])])
def test_the_command_that_goes_on_is_named(number, words, folder, tmp_path, monkeypatch, capsys):
    def stopped(*_, **__):
        raise Interruption(number, "saved after epoch 3")

    monkeypatch.setattr(training, "train", stopped)
    line = ["train", "--data-dir", folder, "--output", tmp_path / "a run", *words]
    status, _, err = run_command(monkeypatch, capsys, *line)
    assert status == 128 + number
    again = f"keras-rau train --data-dir {folder} --output '{tmp_path / 'a run'}' --resume"
    assert err == f"interrupted: saved after epoch 3. To go on:\n{again}\n"


def test_states_within_an_epoch_need_tensorflow(monkeypatch):
    import keras

    config = load_config(overrides={"checkpoints.every_steps": 5})
    check_saving(config)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    check_saving(load_config())
    with pytest.raises(UsageError, match="every_steps needs the TensorFlow backend"):
        check_saving(config)


def test_what_is_kept_is_told(tmp_path):
    import keras

    run = RunDirectory(tmp_path)
    run.create()
    assert what_is_kept(run, 5) == "no state was saved yet; with --resume it starts afresh"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(run.last)
    for state, words in (
        (TrainingState(2), "the state after epoch 2 is kept"),
        (TrainingState(2, 7), "the state after step 7 of epoch 3 is kept"),
        (TrainingState(5), "all epochs are finished, only the report is missing"),
    ):
        run.last.unlink()
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(run.last)
        add_state(run.last, state)
        assert what_is_kept(run, 5) == words


def test_every_start_is_kept(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert record_start(run, "mixed_bfloat16", {"resumed_after": {"epochs": 0}}) == []
    first = json.loads(run.environment.read_text())
    assert first["environment_variables"]["TF_NUM_INTRAOP_THREADS"] == "2"
    assert "SECRET_TOKEN" not in run.environment.read_text()
    assert first["computing"]["devices"] == ["CPU"]
    assert first["computing"]["precision"] == "mixed_bfloat16"
    assert {"keras", "tensorflow"} < first["versions"].keys()
    now = {**first["versions"], "tensorflow": "9.0"}
    monkeypatch.setattr(reproducibility, "versions", lambda: now)
    changed = record_start(run, "mixed_bfloat16", {"resumed_after": {"epochs": 3}})
    assert changed == [f"tensorflow: {first['versions']['tensorflow']} then, 9.0 now"]
    assert record_start(run, "mixed_bfloat16", {"resumed_after": {"epochs": 4}}) == []
    found = json.loads(run.environment.read_text())
    assert found["resumed_after"] == {"epochs": 4}
    assert [start["resumed_after"]["epochs"] for start in found["earlier_starts"]] == [0, 3]
    run.environment.write_text('{"cut sh')
    record_start(run, "mixed_bfloat16", {})
    assert json.loads(run.environment.read_text())["earlier_starts"] == [{"unreadable": True}]


def test_a_disk_without_room_is_known_before(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=50e6))
    with pytest.raises(RauError, match=r"50 MB free, but the checkpoints need 60 MB.*keep_epochs"):
        run.create(60_000_000)
    # The same command works later.
    assert not run.path.exists()
    run.create(40_000_000)
    # What a resumed training has written already needs no new room.
    run.last.write_bytes(b"0" * 11_000_000)
    run.create(60_000_000)


def test_a_folder_that_cannot_be_written_is_known_before(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RauError, match="Cannot write to the output folder"):
        RunDirectory(tmp_path / "file" / "run").create()


def test_the_room_for_checkpoints_is_not_underestimated(tmp_path):
    import keras

    from keras_rau.training.runs.checkpoints import checkpoint_bytes

    model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(300), keras.layers.BatchNormalization()])
    model.compile(keras.optimizers.AdamW(), "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "a.keras")
    size = (tmp_path / "a.keras").stat().st_size
    wanted = checkpoint_bytes(model, load_config(overrides={"checkpoints.keep_epochs": [1, 2]})) / 7
    assert 0.9 * size < wanted < 1.1 * size


def test_litter_is_removed_and_nothing_else(tmp_path):
    run = RunDirectory(tmp_path / "run")
    recover(run)
    run.create()
    litter = [
        "history.csv.part",
        "checkpoints/last.part.keras",
        "checkpoints/best.keras.json.part",
        "split/.writable.part",
    ]
    kept = ["history.csv", "checkpoints/mine.keras", "notes.partial", "checkpoints/best.keras.json"]
    for name in litter + kept:
        (run.path / name).write_text("x")
    recover(run)
    assert {str(path.relative_to(run.path)) for path in run.path.rglob("*") if path.is_file()} == set(kept)


def test_a_text_file_is_replaced_at_once(tmp_path, monkeypatch):
    import os

    path = tmp_path / "a.txt"
    write_text(path, "before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RauError, match=r"a.txt: No space left on device"):
        write_text(path, "after")
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "before"


def test_a_full_disk_is_told_in_one_line():
    import tensorflow as tf

    with (
        pytest.raises(RauError, match=r"Cannot write to runs: No space left on device.*--resume"),
        plain_disk_errors(Path("runs")),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, "events.out.v2; No space left on device")
    with pytest.raises(tf.errors.ResourceExhaustedError), plain_disk_errors(Path("runs")):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
