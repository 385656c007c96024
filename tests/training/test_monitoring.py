"""What TensorBoard reads."""

import io
from contextlib import contextmanager

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.metrics import precision_recall_curve

from keras_rau.errors import RauError
from keras_rau.training import CaseImages, PrecisionRecall, TensorBoardLog, load_config
from keras_rau.training.callbacks.precision_recall import curve
from keras_rau.training.callbacks.tensorboard import drop_later_events
from keras_rau.training.config.monitoring import TensorBoardSection
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.resume import check_same_settings

_SIDE = 8


def _data():
    rng = np.random.default_rng(0)
    masks = (rng.random((6, _SIDE, _SIDE, 1)) > 0.6).astype("float32")
    images = np.clip(120 * masks + rng.normal(70, 40, (6, _SIDE, _SIDE, 3)), 0, 255).astype("float32")
    return images, masks


def _model():
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((_SIDE, _SIDE, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Dropout(0.2),
        keras.layers.Conv2D(1, 1, activation="sigmoid"),
    ]
    model = keras.Sequential(layers)
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return model


def _fit(folder, epochs=4, first_epoch=0, model=None, log=True):
    images, masks = _data()
    model = model or _model()
    batches = [(images[:4], masks[:4]), (images[4:], masks[4:])]
    summaries = [CaseImages(["a", "b"], images[:2], masks[:2]), PrecisionRecall(batches)]
    callbacks = [TensorBoardLog(folder, first_epoch, every=2, summaries=summaries)] if log else []
    history = model.fit(
        images,
        masks,
        batch_size=2,
        epochs=epochs,
        initial_epoch=first_epoch,
        validation_data=(images, masks),
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )
    return model, history.history


def _read(folder):
    """Values by tag and step; every value must be there once."""
    found = {}
    for path in sorted(folder.glob("events*")):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                assert (value.tag, event.step) not in found
                found[value.tag, event.step] = value
    return found


def _number(value):
    return float(tf.make_ndarray(value.tensor))


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    return folder, *_fit(folder)


def test_scalars(logged):
    folder, _, history = logged
    train, validation = _read(folder / "train"), _read(folder / "validation")
    assert set(train) == {(f"epoch_{name}", step) for name in ("loss", "learning_rate") for step in range(4)}
    for step in range(4):
        assert _number(train["epoch_loss", step]) == pytest.approx(history["loss"][step])
        assert _number(train["epoch_learning_rate", step]) == pytest.approx(0.1 * 0.5 ** (step + 1))
        assert _number(validation["epoch_loss", step]) == pytest.approx(history["val_loss"][step])


def test_images_of_the_same_cases(logged):
    folder, model, _ = logged
    validation = _read(folder / "validation")
    steps = {name: [step for tag, step in validation if tag == f"cases/{name}"] for name in ("a", "b")}
    assert steps == {"a": [1, 3], "b": [1, 3]}
    images, _ = _data()
    *_, picture = tf.make_ndarray(validation["cases/b", 3].tensor)
    pixels = np.array(Image.open(io.BytesIO(picture)))
    assert pixels.shape == (_SIDE, 3 * _SIDE, 3)
    np.testing.assert_array_equal(pixels[:, :_SIDE], np.rint(images[1]))
    probability = keras.ops.convert_to_numpy(model(images[1:2]))[0]
    np.testing.assert_allclose(pixels[:, 2 * _SIDE :], np.repeat(255 * probability, 3, axis=-1), atol=0.51)


def test_precision_recall_curve_as_its_plug_in_reads_it(logged):
    folder, model, _ = logged
    value = _read(folder / "validation")["pr_curve", 3]
    assert value.metadata.plugin_data.plugin_name == "pr_curves"
    true, false, _, missed, precision, recall = tf.make_ndarray(value.tensor)
    images, masks = _data()
    lesion = masks.ravel() > 0.5
    bins = np.floor(keras.ops.convert_to_numpy(model(images)).ravel() * 200)
    for index in (0, 60, 80, 100, 200):
        assert true[index] == (lesion & (bins >= index)).sum()
        assert false[index] == (~lesion & (bins >= index)).sum()
        assert missed[index] == (lesion & (bins < index)).sum()
    wanted_precision, wanted_recall, thresholds = precision_recall_curve(lesion, bins)
    chosen = thresholds.astype(int)
    np.testing.assert_allclose(precision[chosen], wanted_precision[:-1], rtol=1e-6)
    np.testing.assert_allclose(recall[chosen], wanted_recall[:-1], rtol=1e-6)


def test_a_curve_without_lesion():
    counts = np.zeros((2, 201))
    counts[1, 100] = 5
    *_, precision, recall = curve(counts)
    assert (precision[100], precision[101], recall[0]) == (0, 1, 1)


def test_watching_changes_nothing(logged, tmp_path):
    _, watched, history = logged
    model, other = _fit(tmp_path, log=False)
    assert history == other
    for one, two in zip(watched.variables, model.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(two))


def test_after_a_resume_every_epoch_is_there_once(tmp_path):
    """Killed in epoch 4, of which the last bytes are torn; the checkpoint is that of epoch 2."""
    _fit(tmp_path, epochs=4)
    (path,) = (tmp_path / "train").glob("events*")
    path.write_bytes(path.read_bytes()[:-5])
    (tmp_path / "train" / f"{path.name}.part").write_bytes(b"half")
    before = _read_quietly(path)
    _fit(tmp_path, epochs=5, first_epoch=2)
    train, validation = _read(tmp_path / "train"), _read(tmp_path / "validation")
    assert [step for tag, step in train if tag == "epoch_loss"] == list(range(5))
    assert [step for tag, step in validation if tag == "epoch_loss"] == list(range(5))
    assert sorted(step for tag, step in validation if tag == "pr_curve") == [1, 3]
    assert _number(train["epoch_loss", 1]) == before["epoch_loss", 1]
    assert not list(tmp_path.rglob("*.part"))


def _read_quietly(path):
    found = {}
    try:
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            found.update({(value.tag, event.step): _number(value) for value in event.summary.value})
    except tf.errors.DataLossError:
        pass
    return found


def test_from_the_beginning_nothing_is_left(tmp_path):
    drop_later_events(tmp_path / "nothing", 0)
    _fit(tmp_path, epochs=1)
    drop_later_events(tmp_path, 1)
    assert len(list(tmp_path.rglob("events*"))) == 2
    drop_later_events(tmp_path, 0)
    assert not list(tmp_path.rglob("events*"))


def test_the_weights_that_are_validated_are_drawn(tmp_path):
    @contextmanager
    def halved(model):
        weights = model.get_weights()
        model.set_weights([each / 2 for each in weights])
        yield
        model.set_weights(weights)

    seen = []
    log = TensorBoardLog(tmp_path, None, 1, [lambda model, epoch: seen.append(model.get_weights())], halved)
    model = _model()
    model.fit(*_data(), verbose=0, callbacks=[log])
    for one, two in zip(seen[0], model.get_weights(), strict=True):
        np.testing.assert_array_equal(2 * one, two)


def test_what_others_logged_stays(tmp_path):
    _fit(tmp_path, epochs=1)
    log = TensorBoardLog(tmp_path)
    log.on_train_begin()
    log.on_train_end()
    assert [step for tag, step in _read(tmp_path / "train") if tag == "epoch_loss"] == [0]


def test_what_is_shown_may_change_when_a_training_is_resumed(tmp_path):
    run = RunDirectory(tmp_path)
    run.config.write_text(load_config().to_yaml())
    others = {"tensorboard.every": 1, "tensorboard.images": 0, "tensorboard.pr_curves": False}
    assert {name.split(".")[1] for name in others} == set(TensorBoardSection.model_fields)
    check_same_settings(load_config(overrides=others), run)
    with pytest.raises(RauError, match="early_stopping: None then, 3 now"):
        check_same_settings(load_config(overrides={"early_stopping": 3}), run)
