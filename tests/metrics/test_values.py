"""What metrics do with values that are none, and what callbacks and precisions make of them."""

import keras
import numpy as np
import pytest

from keras_rau import metrics

NAN = float("nan")
MASK = np.zeros((3, 6, 6, 1), "float32")
MASK[:, 1:4, 2:5] = 1
FOUND = np.random.default_rng(0).uniform(0.05, 0.95, MASK.shape).astype("float32")
AVERAGES = ("image", "pooled")


@pytest.fixture(params=metrics.names())
def name(request):
    return request.param


def _value(metric, *update):
    metric.update_state(*update)
    return float(metric.result())


@pytest.mark.parametrize("fault", [255 * MASK, -MASK, MASK + 1, np.where(MASK > 0, NAN, MASK)])
def test_a_faulty_mask_gives_nan_and_a_warning_with_its_values(name, fault):
    for average in AVERAGES:
        metric = metrics.get(name, average=average)
        with pytest.warns(UserWarning, match=r"`y_true` must hold .* Received: .* The result is NaN"):
            assert np.isnan(_value(metric, fault, FOUND))
        # Not healed by batches that follow, but by a reset.
        assert np.isnan(_value(metric, MASK, FOUND))
        metric.reset_state()
        assert np.isfinite(_value(metric, MASK, FOUND))


def test_a_prediction_that_is_nan_or_no_probability_gives_nan(name):
    for average in AVERAGES:
        broken = FOUND.copy()
        broken[1, 2, 2] = NAN
        assert np.isnan(_value(metrics.get(name, average=average), MASK, broken))
        with pytest.warns(UserWarning, match="Pass from_logits=True"):
            assert np.isnan(_value(metrics.get(name, average=average), MASK, 9 * FOUND - 4))
    sweep = metrics.ThresholdSweep()
    sweep.update_state(MASK, broken)
    assert np.isnan(sweep.best_threshold())


def test_what_does_not_count_may_be_anything(name):
    for average in AVERAGES:
        wanted = _value(metrics.get(name, average=average), MASK[:, :, :4], FOUND[:, :, :4])
        for value in (NAN, 255, -float("inf")):
            truth, found, pixels = MASK.copy(), FOUND.copy(), np.ones_like(MASK)
            truth[:, :, 4:], found[:, :, 4:], pixels[:, :, 4:] = 255, value, 0
            ignoring = metrics.get(name, average=average, ignore_value=255)
            assert _value(ignoring, truth, found) == pytest.approx(wanted, abs=1e-6)
            truth[:, :, 4:] = value
            assert _value(metrics.get(name, average=average), truth, found, pixels) == pytest.approx(wanted, abs=1e-6)
    truth, found, weights = MASK.copy(), FOUND.copy(), np.float32([1, 0, 1])
    truth[1], found[1] = 255, NAN
    whole = _value(metrics.get(name), MASK, FOUND, weights)
    assert _value(metrics.get(name), truth, found, weights) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "float32"])
def test_one_hot_masks_are_refused(name, dtype):
    one_hot = np.concatenate([1 - MASK, MASK], axis=-1).astype(dtype)
    with pytest.raises(ValueError, match=r"pass the lesion's channel.*target='distance'.*Received: y_true of shape"):
        metrics.get(name).update_state(one_hot, FOUND)
    with pytest.raises(ValueError, match="target='map'"):
        metrics.get(name, target="map")


@pytest.mark.parametrize(
    "labels", [MASK[..., 0] + 2, 255 * MASK, 0.5 * MASK, 255 * np.eye(3)[MASK[..., 0].astype(int)]]
)
def test_class_numbers_that_are_none(labels):
    prediction = np.full((3, 6, 6, 3), 1 / 3, "float32")
    for metric in (metrics.DiceScore(), metrics.Accuracy(average="pooled", num_classes=3)):
        with pytest.warns(UserWarning, match=r"`y_true` must hold"):
            assert np.isnan(_value(metric, labels, prediction))


@pytest.mark.parametrize("floatx", ["float16", "bfloat16", "float64"])
def test_any_floatx(name, floatx):
    wanted = [_value(metrics.get(name, average=average), MASK, FOUND) for average in AVERAGES]
    keras.config.set_floatx(floatx)
    try:
        for weight in (None, np.ones(3, "float32"), np.ones((3, 6, 6), "float32")):
            found = [_value(metrics.get(name, average=average), MASK, FOUND, weight) for average in AVERAGES]
            np.testing.assert_allclose(found, wanted, atol=1e-6)
    finally:
        keras.config.set_floatx("float32")


def test_callbacks_know_the_direction():
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Activation("linear")])
    measures = [metrics.get(name) for name in metrics.names()]
    model.compile(loss="mse", metrics=measures)
    model.evaluate(FOUND, MASK, verbose=0)
    for one in measures:
        for callback in (
            keras.callbacks.EarlyStopping(f"val_{one.name}"),
            keras.callbacks.ModelCheckpoint("best.keras", monitor=f"val_{one.name}", save_best_only=True),
            keras.callbacks.ReduceLROnPlateau(f"val_{one.name}"),
        ):
            callback.set_model(model)
            callback._set_monitor_op()
            assert callback.monitor_op is (keras.ops.less if one.name == "ece" else keras.ops.greater), one.name
