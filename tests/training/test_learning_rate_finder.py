"""The learning rate range test."""

import keras
import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.training import RangeTest, find_learning_rate
from tests.command import run_command


class _Batches(keras.utils.PyDataset):
    """Four batches of a linear problem."""

    def __init__(self, target=lambda y: y):
        super().__init__()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(64, 4)).astype("float32")
        self.y = target((self.x @ [[1.0], [2.0], [-1.0], [0.5]]).astype("float32"))

    def __len__(self):
        return 4

    def __getitem__(self, index):
        part = slice(16 * index, 16 * index + 16)
        return self.x[part], self.y[part]


def _model(optimizer, loss="mse"):
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer, loss, metrics=["mae"])
    return model


def _state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return {variable.path: np.array(keras.ops.convert_to_numpy(variable)) for variable in variables}


_SCHEDULE = keras.optimizers.schedules.CosineDecay(0.0, 100, warmup_target=0.01, warmup_steps=10)
_OPTIMIZERS = {
    "a rate and a moving average": lambda: keras.optimizers.Adam(0.01, use_ema=True),
    "a schedule and a scaled loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(_SCHEDULE)),
}


@pytest.mark.parametrize("name", _OPTIMIZERS)
def test_everything_is_as_before(name):
    model = _model(_OPTIMIZERS[name]())
    model.fit(_Batches(), epochs=2, shuffle=False, verbose=0)
    before, rate = _state(model), float(model.optimizer.learning_rate)
    find_learning_rate(model, _Batches(), steps=20)
    after = _state(model)
    assert before.keys() == after.keys()
    for key, value in before.items():
        np.testing.assert_array_equal(value, after[key], err_msg=key)
    assert float(model.optimizer.learning_rate) == rate
    assert not model.stop_training
    # And what comes after it is what would have come.
    other = _model(_OPTIMIZERS[name]())
    other.fit(_Batches(), epochs=2, shuffle=False, verbose=0)
    for each in (model, other):
        each.fit(_Batches(), epochs=2, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_that_was_not_trained_yet():
    model = _model("adam")
    weights = model.get_weights()
    found = find_learning_rate(model, _Batches(), lowest=1e-5, highest=1, steps=30)
    assert len(found.rates) == len(found.losses) == len(found.smoothed) <= 30
    assert found.rates[0] == pytest.approx(1e-5)
    assert 1e-5 < found.suggestion < 1
    for one, two in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert int(model.optimizer.iterations) == 0


def test_a_schedule_and_a_plain_rate_are_tested_alike():
    rates = (0.01, _SCHEDULE)
    losses = [find_learning_rate(_model(keras.optimizers.Adam(rate)), _Batches(), steps=20).losses for rate in rates]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert losses[0][0] != losses[0][-1]


def test_losses_are_those_of_one_step_and_divergence_ends_the_test():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    data = _Batches()
    found = find_learning_rate(model, data, lowest=1e-9, highest=100, steps=60)
    # At so low a rate the model stays as it is.
    np.testing.assert_allclose(found.losses[:4], [(data[index][1] ** 2).mean() for index in range(4)], rtol=1e-5)
    assert len(found.losses) < 60
    assert found.losses[-1] > found.losses[0]


def test_losses_that_are_no_number():
    model = _model(keras.optimizers.SGD(0.1))
    with pytest.raises(RauError, match="not a number, or diverges, within 8 steps"):
        find_learning_rate(model, _Batches(lambda y: y * np.nan))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    weights = model.get_weights()
    # From a step to the next the loss leaves the range of numbers.
    found = find_learning_rate(model, _Batches(), lowest=1e-4, highest=1e30, steps=40, divergence=1e30)
    assert 8 <= len(found.losses) < 40
    assert np.isfinite(found.losses).all()
    assert all((one == two).all() for one, two in zip(weights, model.get_weights(), strict=True))


def test_the_suggestion_is_where_the_loss_falls_most_steeply(tmp_path):
    rates = np.geomspace(1e-6, 1, 61)
    losses = 1 - 1 / (1 + np.exp(-4 * (np.log10(rates) + 3))) + np.maximum(0, np.log10(rates) + 1) ** 2
    found = RangeTest(rates, losses, losses)
    assert found.suggestion == pytest.approx(1e-3, rel=0.01)
    assert RangeTest(rates, rates, rates).suggestion is None
    found.plot(tmp_path / "rate.png")
    found.write(tmp_path / "rate.csv")
    assert (tmp_path / "rate.png").stat().st_size > 5000
    lines = (tmp_path / "rate.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("learning_rate,loss,smoothed", 62)


@pytest.mark.parametrize(
    "arguments", [{"lowest": 0}, {"lowest": 2}, {"steps": 19}, {"smoothing": 0}, {"divergence": 0}, {"highest": np.inf}]
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))}="):
        find_learning_rate(_model("sgd"), _Batches(), **arguments)


def test_a_model_that_is_not_compiled():
    with pytest.raises(ValueError, match="must be compiled"):
        find_learning_rate(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]), _Batches())


@pytest.mark.slow
def test_on_the_command_line(monkeypatch, capsys, tmp_path):
    datasets.load("phantom", tmp_path / "phantoms", n=24, size=48)
    words = [
        "find-lr",
        "nano",
        "--data-dir",
        tmp_path / "phantoms",
        "--output",
        tmp_path / "rate",
        "--image-size",
        "32",
    ]
    status, _, err = run_command(monkeypatch, capsys, *words, "--lowest", "2")
    assert (status, "--lowest must be" in err) == (2, True)
    assert not (tmp_path / "rate").exists()
    more = ["--set", "model.depth=2", "--set", "model.deep_supervision=false", "--steps", "20", "--batch-size", "8"]
    status, out, err = run_command(monkeypatch, capsys, *words, *more)
    assert status == 0, err
    assert "optimizer.learning_rate=" in out or "falls at none" in out
    assert {path.name for path in (tmp_path / "rate").iterdir()} == {"learning_rate.csv", "learning_rate.png"}
    status, _, err = run_command(monkeypatch, capsys, *words, *more)
    assert (status, "not an empty folder" in err) == (1, True)
