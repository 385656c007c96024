"""Accumulation, averaged weights, half precision, and what is refused."""

import keras
import numpy as np
import pytest

from keras_rau import losses, models
from keras_rau.errors import UsageError
from keras_rau.training import load_config
from keras_rau.training.building.model import fresh_model
from keras_rau.training.building.optimizer import build_optimizer
from keras_rau.training.callbacks.average import AveragedValidation, averaged_weights
from keras_rau.training.distribution.strategy import TrainingStrategy, whole_batches

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (16, 16, 16, 3)).astype("float32")
MASKS = (IMAGES[..., :1] > 128).astype("float32")


def _config(**settings):
    base = {"model.name": "unet", "model.width": 2, "model.depth": 1, "data.image_size": 16}
    return load_config(overrides={**base, **{key.replace("__", "."): value for key, value in settings.items()}})


def _trained(batch_size, accumulate):
    keras.utils.set_random_seed(0)
    model = models.UNet((16, 16, 3), width=2, depth=1, normalization=None)
    optimizer = keras.optimizers.SGD(
        0.01, global_clipnorm=0.1, gradient_accumulation_steps=accumulate if accumulate > 1 else None
    )
    model.compile(optimizer, loss=losses.DiceLoss())
    start = model.get_weights()
    model.fit(IMAGES, MASKS, batch_size=batch_size, epochs=2, shuffle=False, verbose=0)
    return start, model.get_weights()


def test_two_accumulated_batches_are_one():
    start, whole = _trained(8, 1)
    _, parts = _trained(4, 2)
    assert max(np.abs(a - b).max() for a, b in zip(start, whole, strict=True)) > 1e-4
    assert max(np.abs(a - b).max() for a, b in zip(whole, parts, strict=True)) < 1e-6


def test_the_schedule_counts_updates():
    rate = build_optimizer(_config(optimizer__accumulate=4).optimizer, steps=8, epochs=10)._learning_rate
    plain = build_optimizer(_config().optimizer, steps=2, epochs=10)._learning_rate
    for update in (0, 1, 2, 11, 20):
        assert float(rate(update)) == pytest.approx(float(plain(update)))


def test_the_average_is_as_slow_with_accumulation():
    optimizer = build_optimizer(_config(optimizer__accumulate=4, optimizer__ema=0.9).optimizer, 8, 10)
    assert optimizer.ema_momentum**4 == pytest.approx(0.9)


def _averaging():
    model = models.UNet((16, 16, 3), width=2, depth=1)
    model.compile(keras.optimizers.AdamW(1e-2, use_ema=True, ema_momentum=0.9), loss=losses.DiceLoss())
    model.train_on_batch(IMAGES[:8], MASKS[:8])
    model.train_on_batch(IMAGES[8:], MASKS[8:])
    return model


def test_the_average_is_lent_and_given_back():
    model = _averaging()
    own = model.get_weights()
    averages = [keras.ops.convert_to_numpy(each) for each in model.optimizer._model_variables_moving_average]
    with averaged_weights(model):
        lent = [keras.ops.convert_to_numpy(each) for each in model.trainable_variables]
    for one, other in zip(lent, averages, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(own, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (
        max(
            np.abs(a - keras.ops.convert_to_numpy(b)).max()
            for a, b in zip(lent, model.trainable_variables, strict=True)
        )
        > 0
    )


def test_the_average_is_validated():
    model = _averaging()
    with averaged_weights(model):
        expected = model.evaluate(IMAGES, MASKS, verbose=0)
    callback = AveragedValidation()
    callback.set_model(model)
    found = model.evaluate(IMAGES, MASKS, verbose=0, callbacks=[callback])
    assert found == expected
    assert model.evaluate(IMAGES, MASKS, verbose=0) != expected


@pytest.mark.parametrize(("setting", "policy"), [(True, "mixed_float16"), ("bfloat16", "mixed_bfloat16")])
def test_half_precision_trains_saves_and_loads(setting, policy, tmp_path):
    model = fresh_model(_config(hardware__mixed_precision=setting), losses.DiceLoss(), steps=2)
    assert model.dtype_policy.name == policy
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    start = model.get_weights()
    model.fit(IMAGES, MASKS, batch_size=8, verbose=0)
    assert any(not np.array_equal(a, b) for a, b in zip(start, model.get_weights(), strict=True))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert {weight.dtype for weight in loaded.trainable_variables} == {"float32"}
    assert loaded.optimizer.iterations == 2
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_the_last_batch_is_filled_with_what_weighs_nothing():
    samples, weights = whole_batches([1, 2, 3, 4, 5], 4)
    assert samples == [1, 2, 3, 4, 5, 1, 2, 3]
    assert weights == [1, 1, 1, 1, 1, 0, 0, 0]


def test_images_of_weight_zero_change_no_metric():
    model = fresh_model(_config(hardware__devices=2), losses.DiceLoss(), steps=2)
    weights = np.array([1, 1, 1, 1, 1, 0, 0, 0], "float32")
    filled = model.evaluate(IMAGES[:8], MASKS[:8], sample_weight=weights, batch_size=8, verbose=0, return_dict=True)
    plain = model.evaluate(IMAGES[:5], MASKS[:5], batch_size=5, verbose=0, return_dict=True)
    assert filled["dice"] == pytest.approx(plain["dice"], rel=1e-5)
    assert filled["loss"] * 8 / 5 == pytest.approx(plain["loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hardware__devices": 64}, "this host has"),
        ({"hardware__devices": 2, "optimizer__accumulate": 2}, "accumulate does not work"),
        ({"hardware__hosts": 2}, "set a seed"),
        ({"hardware__hosts": 2, "hardware__devices": 2, "seed": 0}, "do not go together"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        TrainingStrategy(_config(**settings))


def test_hosts_must_be_as_many_as_configured(monkeypatch):
    for name, value in {"COORDINATOR": "a:1", "PROCESSES": "3", "PROCESS": "0"}.items():
        monkeypatch.setenv(f"KERAS_RAU_{name}", value)
    with pytest.raises(UsageError, match="speaks of 3 processes"):
        TrainingStrategy(_config(hardware__hosts=2, seed=0))
    with pytest.raises(UsageError, match="divisible among 3 hosts"):
        TrainingStrategy(_config(hardware__hosts=3, seed=0))
