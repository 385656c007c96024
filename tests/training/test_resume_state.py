"""What a checkpoint holds, and going on in the middle of an epoch."""

import os
import resource
import shutil
from contextlib import contextmanager

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rau.errors import RauError
from keras_rau.training.building.monitor import Monitor
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.checkpoints import Checkpoints, StopOnSignal
from keras_rau.training.runs.history import HistoryFile, read_history
from keras_rau.training.runs.interruption import Interruption, Signals
from keras_rau.training.runs.resume import Continuation, newest_checkpoint, recover, take_over
from keras_rau.training.runs.state import TrainingState, is_whole, read_state, restore_random
from tests.training.equal_runs import contents

_STEPS = 5
_EPOCHS = 3


def _model():
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), layers.Dense(8), layers.Dropout(0.5), layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "bce", metrics=["mae"])
    return model


def _batches():
    random = np.random.default_rng(0)
    images = random.random((_STEPS, 4, 4, 4, 3), np.float32)
    return list(zip(images, images[..., :1] > 0.5, strict=True))


class _Signal(keras.callbacks.Callback):
    """The signal of a cluster, in a step."""

    def __init__(self, signals, moment):
        super().__init__()
        self.signals, self.moment = signals, moment

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch + 1) == self.moment:
            os.kill(os.getpid(), 15)


def _fit(run, moment=None, every_steps=None, after=()):
    """One process' part of a training."""
    model = _model()
    saved = newest_checkpoint(run)
    state = TrainingState(0) if saved is None else saved.state(_STEPS)
    if saved is not None:
        take_over(model, saved)
    continuation, signals, batches = Continuation(state), Signals(lambda: None), _batches()
    spec = (tf.TensorSpec((4, 4, 4, 3)), tf.TensorSpec((4, 4, 4, 1), tf.bool))
    data = tf.data.Dataset.from_generator(lambda: iter(batches[continuation.position[1] :]), output_signature=spec)
    data = data.apply(tf.data.experimental.assert_cardinality(_STEPS))
    earlier = [row for row in read_history(run.history) if row["epoch"] < state.epoch]
    checkpoints = Checkpoints(
        run.checkpoints, Monitor("loss"), earlier, every_steps=every_steps, done=state.position, keep_epochs=[2]
    )
    callbacks = [
        continuation,
        HistoryFile(run.history, state.epoch),
        checkpoints,
        _Signal(signals, moment),
        *after,
        StopOnSignal(signals, checkpoints),
    ]
    with signals:
        model.fit(data, epochs=_EPOCHS, initial_epoch=state.epoch, callbacks=callbacks, shuffle=False, verbose=0)
    return model


@pytest.fixture
def run(tmp_path):
    found = RunDirectory(tmp_path / "run")
    found.create()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    found = RunDirectory(tmp_path_factory.mktemp("whole"))
    found.create()
    _fit(found)
    return found


def _check_equal(run, whole):
    assert run.history.read_text() == whole.history.read_text()
    for name in ("last", "best", "epoch_002"):
        found, wanted = (contents(each.checkpoints / f"{name}.keras") for each in (run, whole))
        assert found.keys() == wanted.keys()
        for key, value in found.items():
            np.testing.assert_array_equal(value, wanted[key], err_msg=f"{name} {key}")


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        ((1, 4), "saved in epoch 2, after step 4 of 5"),
        ((1, 5), "saved after epoch 2"),
    ],
)
def test_a_signal_saves_the_running_step(moment, kept, run, whole):
    """Weights, optimiser, dropout and running metrics go on as if nothing had happened."""
    with pytest.raises(Interruption) as stop:
        _fit(run, moment)
    assert stop.value.kept == kept
    assert stop.value.status == 143
    _fit(run)
    _check_equal(run, whole)


def test_a_training_can_be_stopped_in_every_epoch(run, whole):
    for moment in ((0, 2), (2, 1), (2, 3)):
        with pytest.raises(Interruption):
            _fit(run, moment, every_steps=2)
    _fit(run, every_steps=2)
    _check_equal(run, whole)


def test_every_few_steps_are_saved(run):
    steps = []

    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if run.last.exists():
                steps.append(read_state(run.last).position)

    _fit(run, every_steps=2, after=[Seen()])
    assert list(dict.fromkeys(steps)) == [(0, 2), (0, 4), (1, 0), (1, 2), (1, 4), (2, 0), (2, 2), (2, 4)]
    assert read_state(run.last).position == (3, 0)
    assert read_state(run.previous).position == (2, 4)


def test_the_state_of_the_dropout_is_kept(whole):
    state = read_state(whole.last)
    assert [value[1] for value in state.random] == [_EPOCHS * _STEPS]
    assert state.metrics == []
    fresh = _model()
    restore_random(fresh, state)
    found = [variable.numpy() for variable in fresh.variables if "seed" in variable.path]
    np.testing.assert_array_equal(found, state.random)
    with pytest.raises(
        RauError, match="random generators of the checkpoint are not those of this model: 1 then, 0 now"
    ):
        restore_random(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), state)


def test_a_second_signal_stops_at_once():
    noted = []
    with Signals(lambda: noted.append(True)) as signals:
        os.kill(os.getpid(), 2)
        assert signals.received == 2
        with pytest.raises(Interruption) as stop:
            os.kill(os.getpid(), 2)
    assert noted == [True]
    assert stop.value.status == 130


def test_a_checkpoint_of_an_earlier_version_has_no_state(run, tmp_path):
    model = _model()
    model.fit(*map(np.concatenate, zip(*_batches(), strict=True)), batch_size=4, epochs=2, verbose=0)
    model.save(run.last)
    assert read_state(run.last) is None
    assert newest_checkpoint(run).state(_STEPS) == TrainingState(2)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """What a kill would leave, before every renaming and every flush of a whole training."""
    folder = tmp_path_factory.mktemp("snapshots")
    run, taken = RunDirectory(folder / "run"), []
    run.create()

    def before(real):
        def call(*words):
            taken.append(RunDirectory(folder / f"{len(taken):03}"))
            shutil.copytree(run.path, taken[-1].path)
            return real(*words)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", before(os.replace))
        patch.setattr(os, "fsync", before(os.fsync))
        _fit(run, every_steps=3)
    return taken


def test_killed_anywhere_while_saving(snapshots):
    """The best is never that of an epoch which is gone, and nothing half written is left or taken for whole."""
    assert len(snapshots) > 40
    done = []
    for run in snapshots:
        recover(run)
        assert not list(run.path.rglob("*.part*"))
        newest = next((path for path in (run.last, run.previous) if path.exists()), None)
        if newest is None:
            assert not done
            continue
        state = read_state(newest)
        done.append(state.position)
        rows = [row for row in read_history(run.history) if row["epoch"] < state.epoch]
        assert len(rows) == state.epoch
        assert (run.checkpoints / "epoch_002.keras").exists() == (state.epoch >= 2)
        if rows:
            best = min(rows, key=lambda row: row["loss"])
            assert read_state(run.best).position == (best["epoch"] + 1, 0)
        assert all(is_whole(path) for path in run.checkpoints.glob("*.keras"))
    # While the last is renamed, the one before is the newest.
    assert set(done) == {(0, 3), (1, 0), (1, 3), (2, 0), (2, 3), (3, 0)}


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_resumed_after_a_kill_while_saving(share, snapshots, whole):
    run = snapshots[round(share * len(snapshots))]
    recover(run)
    _fit(run)
    _check_equal(run, whole)


def test_a_full_disk_leaves_the_last_state(run, whole):
    """Files can be no larger than half a checkpoint, as where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Full(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if run.best.exists() and batch + 1 == _STEPS:
                self.before = {path.name: path.read_bytes() for path in run.checkpoints.iterdir()}
                resource.setrlimit(resource.RLIMIT_FSIZE, (len(self.before["last.keras"]) // 2, hard))

    full = Full()
    try:
        with pytest.raises(RauError, match=r"Cannot write the checkpoint .*keras: File too large.*--resume"):
            _fit(run, after=[full])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in run.checkpoints.iterdir()} == full.before
    _fit(run)
    _check_equal(run, whole)


def test_the_weights_that_are_kept_can_be_others_than_those_trained(run):
    """As the moving average of the weights."""

    @contextmanager
    def zeros(model):
        weights = model.get_weights()
        model.set_weights([0 * weight for weight in weights])
        yield
        model.set_weights(weights)

    model = _model()
    callback = Checkpoints(run.checkpoints, Monitor("loss"), averaged=zeros)
    callback.set_model(model)
    model.optimizer.build(model.trainable_variables)
    callback.on_epoch_end(0, {"loss": 1.0})
    best, last = (keras.saving.load_model(path).get_weights() for path in (run.best, run.last))
    assert all(np.all(weight == 0) for weight in best)
    for one, other in zip(last, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
