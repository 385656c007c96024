"""Learning rates that warm up and fall."""

import keras
import numpy as np
import pytest

from keras_rau.training import WarmUp, learning_rate_schedule, load_config
from keras_rau.training.building.optimizer import build_optimizer

_KINDS = ("cosine", "polynomial", "constant")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("warmup", [0, 10])
def test_values(kind, warmup):
    rate = learning_rate_schedule(0.1, kind, steps=110, warmup_steps=warmup, power=2, end_fraction=0.2)
    if kind == "constant" and not warmup:
        assert rate == 0.1
        return
    values = [float(rate(step)) for step in (0, warmup // 2, warmup, (warmup + 110) // 2, 110, 500)]
    half = {"cosine": 0.06, "polynomial": 0.02 + 0.08 / 4, "constant": 0.1}[kind]
    end = 0.1 if kind == "constant" else 0.02
    begin = [0.0, 0.05] if warmup else [0.1, 0.1]
    np.testing.assert_allclose(values, [*begin, 0.1, half, end, end], rtol=1e-5)


@pytest.mark.parametrize("kind", _KINDS)
def test_a_model_with_the_schedule_is_saved_and_loaded(kind, tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    rate = learning_rate_schedule(0.1, kind, steps=100, warmup_steps=10)
    model.compile(keras.optimizers.SGD(rate), "mse")
    model.fit(np.ones((5, 2)), np.ones((5, 1)), batch_size=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras").optimizer
    assert float(again.learning_rate) == pytest.approx(0.05) == float(model.optimizer.learning_rate)


def test_of_a_configuration():
    section = load_config(
        overrides={"optimizer.schedule": "polynomial", "optimizer.power": 1, "optimizer.end_fraction": 0.5}
    ).optimizer
    rate = build_optimizer(section, steps=10, epochs=6)._learning_rate
    found = [float(rate(step)) / section.learning_rate for step in (0, 5, 10, 35, 60)]
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.75, 0.5], rtol=1e-5)


def test_wrong_values():
    with pytest.raises(ValueError, match="cosine, polynomial or constant"):
        learning_rate_schedule(0.1, "cosin", steps=10)
    with pytest.raises(ValueError, match="at least 1"):
        WarmUp(0.1, 0)
