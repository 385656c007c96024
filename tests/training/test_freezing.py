"""A warm-up in which the encoder is not trained."""

import shlex
import signal
import time

import keras
import numpy as np
import pytest

from keras_rau import datasets, models
from keras_rau.errors import RauError, UsageError
from keras_rau.training import FrozenEncoder, encoder_layers, load_config, train
from keras_rau.training.fine_tuning.freezing import frozen, late_start
from keras_rau.training.runs.state import read_state
from tests.training.equal_runs import check_equal
from tests.training.forking import Trainings

_STEPS, _RATE = 3, 1e-3


def _data():
    images = np.random.default_rng(0).random((4 * _STEPS, 8, 8, 3), np.float32) * 255
    return images, (images[..., :1] > 128).astype("float32")


def _model(**optimizer):
    keras.utils.set_random_seed(1)
    model = models.UNet((8, 8, 3), width=2, depth=1, upsampling="bilinear")
    options = {"weight_decay": 0.1, "global_clipnorm": 1.0, **optimizer}
    model.compile(keras.optimizers.AdamW(_RATE, **options), loss="binary_crossentropy", jit_compile=False)
    return model


def _values(layers):
    return [keras.ops.convert_to_numpy(variable) for layer in layers for variable in layer.variables]


def _same(one, other):
    return [np.array_equal(first, second) for first, second in zip(one, other, strict=True)]


class _Watch(keras.callbacks.Callback):
    """Values of the encoder before and after every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_train_batch_begin(self, batch, logs=None):
        self.before = _values(encoder_layers(self.model))

    def on_train_batch_end(self, batch, logs=None):
        # As it is when a checkpoint is saved.
        assert all(layer.trainable for layer in self.model._flatten_layers())
        self.steps.append((self.before, _values(encoder_layers(self.model))))


@pytest.mark.parametrize("optimizer", [{"use_ema": True, "ema_momentum": 0.9}, {"gradient_accumulation_steps": 2}])
def test_weights_and_statistics_stay_bit_for_bit_and_move_afterwards(optimizer, tmp_path):
    model, watch = _model(**optimizer), _Watch()
    start, head = _values(encoder_layers(model)), model.get_layer("logits").kernel.numpy()
    callbacks = [
        FrozenEncoder(2),
        watch,
        keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"), save_freq="epoch"),
    ]
    model.fit(*_data(), batch_size=4, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    for _, after in watch.steps[: 2 * _STEPS]:
        assert all(_same(start, after))
    # An update happens at least every second step, and takes all weights and statistics along.
    assert not any(_same(start, watch.steps[2 * _STEPS + 1][1]))
    assert not np.array_equal(head, model.get_layer("logits").kernel.numpy())
    saved = keras.saving.load_model(tmp_path / "1.keras")
    assert all(layer.trainable for layer in saved._flatten_layers())
    assert len(saved.trainable_variables) == len(model.trainable_variables)
    assert len(saved.optimizer.variables) == len(model.optimizer.variables)
    assert all(_same(start, _values(encoder_layers(saved))))
    if "use_ema" in optimizer:
        averages = [saved.optimizer._model_variables_moving_average[index] for index in _places(saved)]
        trained = [variable for layer in encoder_layers(saved) for variable in layer.trainable_variables]
        assert all(_same([value.numpy() for value in averages], [value.numpy() for value in trained]))


def _places(model):
    return [
        model.optimizer._get_variable_index(variable)
        for layer in encoder_layers(model)
        for variable in layer.trainable_variables
    ]


def test_the_encoder_begins_at_the_learning_rate():
    """Adam's first update is at most the rate; with Keras's count of all updates it would be up to 3.2 times that."""
    model, watch = _model(weight_decay=0.0, global_clipnorm=None), _Watch()
    model.fit(*_data(), batch_size=1, epochs=9, shuffle=False, verbose=0, callbacks=[FrozenEncoder(8), watch])
    before, after = watch.steps[8 * 4 * _STEPS]
    trainable = [variable.trainable for layer in encoder_layers(model) for variable in layer.variables]
    moved = [np.abs(one - other).max() for one, other, each in zip(before, after, trainable, strict=True) if each]
    assert 0.9 * _RATE < max(moved) < 1.01 * _RATE


def test_late_variables_move_as_with_an_optimizer_of_their_own():
    def gradients(step):
        return keras.ops.convert_to_tensor(np.random.default_rng(step).standard_normal(5).astype("float32"))

    early, late, alone = (keras.Variable(np.zeros(5, "float32")) for _ in range(3))
    shared, own = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)
    shared.build([early, late])
    own.build([alone])
    for step in range(40):
        shared.apply([gradients(step)], [early])
    for step in range(40, 60):
        with late_start(shared, [late], 40):
            shared.apply([gradients(step), gradients(step)], [early, late])
        own.apply([gradients(step)], [alone])
        np.testing.assert_allclose(late.numpy(), alone.numpy(), rtol=1e-5)
    assert "update_step" not in vars(shared)


def test_a_training_in_two_parts_is_the_same(tmp_path):
    """The state depends on the number of the epoch alone; dense layers, whose results repeat on all threads."""

    def fit(model, first, last):
        images, masks = _data()
        model.fit(
            images,
            masks,
            batch_size=4,
            epochs=last,
            initial_epoch=first,
            shuffle=False,
            verbose=0,
            callbacks=[FrozenEncoder(2)],
        )
        return model

    def model():
        keras.utils.set_random_seed(2)
        layers = keras.layers
        made = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                layers.Dense(4, name="encoder_0"),
                layers.BatchNormalization(name="encoder_norm"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        made.compile(keras.optimizers.Adam(0.01), loss="binary_crossentropy", jit_compile=False)
        return made

    whole = fit(model(), 0, 4)
    for border in (1, 2):
        part = fit(model(), 0, border)
        part.save(tmp_path / "part.keras")
        rest = fit(keras.saving.load_model(tmp_path / "part.keras"), border, 4)
        assert all(_same(whole.get_weights(), rest.get_weights())), border


@pytest.mark.parametrize("encoder", [None, "efficientnet_lite0", "mobilenet_v2"])
def test_the_encoder_is_what_gives_the_skip_connections(encoder):
    model = models.UNet((64, 64, 3), width=4, depth=2, encoder=encoder)
    chosen = encoder_layers(model)
    others = {layer.name for layer in model.layers if layer.weights} - {layer.name for layer in chosen}
    assert all(name.startswith(("decoder_", "upsample_", "logits")) for name in others)
    assert len([layer for layer in chosen if layer.weights]) >= 1
    # Whatever was frozen before stays so afterwards.
    chosen[-1].trainable = False
    with frozen(chosen):
        assert not any(layer.trainable_variables for layer in chosen)
    assert [layer.trainable for layer in chosen] == [True] * (len(chosen) - 1) + [False]


def test_other_models_name_their_layers():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="body"), keras.layers.Dense(1, name="head")]
    )
    model.compile("sgd", "mse")
    images = np.ones((4, 4))
    with pytest.raises(UsageError, match=r"no layers called encoder_.*body, head"):
        model.fit(images, images[:, :1], verbose=0, callbacks=[FrozenEncoder(1)])
    with pytest.raises(UsageError, match=r"no layers bodi.*Known: body, head"):
        model.fit(images, images[:, :1], verbose=0, callbacks=[FrozenEncoder(1, ["bodi"])])
    with pytest.raises(UsageError, match="epochs=-1"):
        FrozenEncoder(-1)
    before = model.get_weights()
    model.fit(images, images[:, :1], verbose=0, callbacks=[FrozenEncoder(1, ["body"])])
    assert _same(before, model.get_weights()) == [True, True, False, False]
    # Without the callback all is trained again.
    model.fit(images, images[:, :1], verbose=0)
    assert _same(before, model.get_weights()) == [False] * 4


def test_an_encoder_that_has_learned_nothing_is_not_kept(tmp_path):
    config = load_config(overrides={"data.data_dir": str(tmp_path), "frozen_encoder_epochs": 1})
    with pytest.raises(UsageError, match="learned nothing"):
        train(config, tmp_path / "run")


@pytest.mark.slow
def test_a_resumed_warm_up_is_bit_identical(tmp_path):
    """Stopped in a frozen epoch and in the first one after; on CPU, with a seed."""
    data = tmp_path / "phantoms"
    datasets.load("phantom", data, n=30, size=48)
    settings = shlex.split(
        f"--dataset phantom --data-dir {data} --image-size 32 --loss dice --batch-size 7 --seed 5"
        " --set checkpoints.every_steps=1"
    )
    start = tmp_path / "start.keras"
    models.from_preset("unet", weights=None, width=2, depth=1, upsampling="bilinear").save(start)
    warm = [f"--init={start}", "--epochs=3", "--set=frozen_encoder_epochs=2"]
    with Trainings(tmp_path / "log.txt") as trainings:

        def run(name, *words):
            status, text = trainings.run("train", *settings, "--output", tmp_path / name, *words)
            assert status == 0, text

        run("whole", *warm)
        for moment in ((1, 1), (2, 2)):
            trainings.start("train", *settings, "--output", tmp_path / "cut", *warm, "--resume")
            _kill_after(trainings, tmp_path / "cut" / "checkpoints" / "last.keras", moment)
        run("cut", *warm, "--resume")
    check_equal(tmp_path / "cut", tmp_path / "whole")


def _kill_after(trainings, last, moment):
    while _position(last) < moment:
        time.sleep(0.01)
    trainings.signal(signal.SIGKILL)
    assert trainings.wait()[0] == -signal.SIGKILL


def _position(last):
    try:
        return read_state(last).position
    except RauError:
        # Not there yet, or just being renamed.
        return (0, 0)
