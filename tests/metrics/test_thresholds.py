"""Areas under curves, threshold sweeps and calibration against scikit-learn and brute force."""

import itertools

import keras
import numpy as np
import pytest
import sklearn.metrics

from keras_rau import metrics

ALL = [
    lambda **options: metrics.AUC(**options),
    lambda **options: metrics.AUC(curve="pr", **options),
    lambda **options: metrics.ThresholdSweep(**options),
    lambda **options: metrics.ExpectedCalibrationError(**options),
]
IDS = ["roc", "pr", "sweep", "ece"]


def _value(metric, *updates):
    for update in updates:
        metric.update_state(*update)
    return float(metric.result())


def _per_image(metric, truth, prediction):
    return keras.ops.convert_to_numpy(metric.value(metric.statistics(metric.pixels(truth, prediction))))


def _random(count, size=5, bins=None, seed=0):
    """Masks of every share of lesion, both classes present, and probabilities that rank them somewhat."""
    rng = np.random.default_rng(seed)
    truth = rng.random((count, size, size)) < rng.random((count, 1, 1))
    truth[:, 0, 0], truth[:, -1, -1] = True, False
    prediction = 0.3 * truth + 0.7 * rng.random(truth.shape)
    if bins is not None:
        # the middle of bins: rounding down to a bin loses nothing, and ties occur
        prediction = (np.floor(prediction * bins) + 0.5) / bins
    return truth.astype("float32"), prediction.astype("float32")


def _flat(values):
    return values.reshape(len(values), -1)


@pytest.mark.parametrize(
    ("curve", "reference"),
    [("roc", sklearn.metrics.roc_auc_score), ("pr", sklearn.metrics.average_precision_score)],
)
@pytest.mark.parametrize("thresholds", [9, 200])
def test_areas_agree_with_scikit_learn(curve, reference, thresholds):
    truth, prediction = _random(500, bins=thresholds + 1, seed=thresholds)
    metric = metrics.AUC(curve=curve, num_thresholds=thresholds)
    # scikit-learn scores columns, here images
    expected = reference(_flat(truth).T, _flat(prediction).T, average=None)
    np.testing.assert_allclose(_per_image(metric, truth, prediction), expected, atol=1e-6)
    assert _value(metric, (truth, prediction)) == pytest.approx(expected.mean(), abs=1e-6)
    pooled = metrics.AUC(curve=curve, num_thresholds=thresholds, average="pooled")
    assert _value(pooled, (truth, prediction)) == pytest.approx(reference(truth.ravel(), prediction.ravel()), abs=1e-6)


def test_how_far_bins_are_off():
    truth, prediction = _random(4, size=100)
    exact = sklearn.metrics.roc_auc_score(truth.ravel(), prediction.ravel())
    # Pairs within a bin count one half instead of 0 or 1: at most half of them are wrong, here one in 402.
    assert _value(metrics.AUC(average="pooled"), (truth, prediction)) == pytest.approx(exact, abs=1 / 402)
    precise = sklearn.metrics.average_precision_score(truth.ravel(), prediction.ravel())
    assert _value(metrics.AUC("pr", "pooled"), (truth, prediction)) == pytest.approx(precise, abs=5e-3)


@pytest.mark.parametrize(
    ("curve", "no_lesion", "no_background"),
    [("roc", 1, 1), ("pr", 1, 1)],
)
def test_areas_of_one_class_only(curve, no_lesion, no_background):
    prediction = np.random.default_rng(0).random((1, 4, 4)).astype("float32")
    for average in ("image", "pooled"):
        assert _value(metrics.AUC(curve, average), (np.zeros((1, 4, 4)), prediction)) == no_lesion
        assert _value(metrics.AUC(curve, average), (np.ones((1, 4, 4)), prediction)) == pytest.approx(no_background)


def test_areas_by_hand():
    truth = np.float32([[[1, 1, 0, 0]]])
    for prediction, roc, precision in (
        ([0.9, 0.8, 0.2, 0.1], 1, 1),
        ([0.1, 0.2, 0.8, 0.9], 0, (1 / 3 + 2 / 4) / 2),
        ([0.5, 0.5, 0.5, 0.5], 0.5, 0.5),
        ([0.9, 0.4, 0.6, 0.1], 0.75, (1 + 2 / 3) / 2),
        ([1.0, 0.0, 1.0, 0.0], 0.5, 0.5),
    ):
        update = truth, np.float32([[prediction]])
        assert _value(metrics.AUC(), update) == pytest.approx(roc, abs=1e-6)
        assert _value(metrics.AUC(curve="pr"), update) == pytest.approx(precision, abs=1e-6)


@pytest.mark.parametrize("average", ["image", "pooled"])
def test_a_sweep_is_dice_at_every_threshold(average):
    truth, prediction = _random(40, bins=1000, seed=3)
    truth[0], truth[1], prediction[2] = 0, 1, 0
    sweep = metrics.ThresholdSweep(num_thresholds=19, average=average)
    best = _value(sweep, (truth, prediction))
    thresholds, dice = sweep.curve()
    np.testing.assert_allclose(thresholds, np.arange(0.05, 0.99, 0.05))
    expected = [_value(metrics.DiceScore(average=average, threshold=t), (truth, prediction)) for t in thresholds]
    np.testing.assert_allclose(dice, expected, atol=1e-6)
    assert best == pytest.approx(max(expected), abs=1e-6)
    assert sweep.best_threshold() == pytest.approx(thresholds[np.argmax(expected)])


def test_of_equal_thresholds_the_one_nearest_to_one_half():
    truth = np.float32([[[1, 1, 0]]])
    for prediction, expected in (([0.95, 0.85, 0.15], 0.5), ([0.95, 0.35, 0.15], 0.3), ([0.95, 0.85, 0.65], 0.7)):
        sweep = metrics.ThresholdSweep(num_thresholds=9)
        assert _value(sweep, (truth, np.float32([[prediction]]))) == 1
        assert sweep.best_threshold() == pytest.approx(expected)


def _calibration_error(truth, prediction, bins):
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (prediction >= low) & ((prediction < high) | (high == 1))
        if inside.any():
            error += inside.sum() / truth.size * abs(prediction[inside].mean() - truth[inside].mean())
    return error


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_calibration_agrees_with_brute_force(bins):
    truth, prediction = _random(400, bins=997, seed=bins)
    truth[0], truth[1] = 0, 1
    expected = [_calibration_error(*pair, bins) for pair in zip(truth, prediction.astype(float), strict=True)]
    metric = metrics.ExpectedCalibrationError(bins, average="image")
    np.testing.assert_allclose(_per_image(metric, truth, prediction), expected, atol=1e-6)
    pooled = _calibration_error(truth, prediction.astype(float), bins)
    assert _value(metrics.ExpectedCalibrationError(bins), (truth, prediction)) == pytest.approx(pooled, abs=1e-6)


def test_calibration_by_hand():
    truth = np.float32([[[1, 0, 0, 0]]])
    for prediction, expected in (
        ([1, 0, 0, 0], 0),
        ([0, 1, 1, 1], 1),
        ([0.25, 0.25, 0.25, 0.25], 0),
        ([0.75, 0.75, 0, 0], 0.125),
        # the confidence form has one bin here, confidence 0.8 and 3 of 4 right: 0.05
        ([0.8, 0.8, 0.2, 0.2], 0.25),
    ):
        update = truth, np.float32([[prediction]])
        assert _value(metrics.ExpectedCalibrationError(), update) == pytest.approx(expected, abs=1e-6)
    ignored = np.full((1, 2, 2), 255.0)
    assert _value(metrics.ExpectedCalibrationError(ignore_value=255), (ignored, np.ones((1, 2, 2)))) == 0


@pytest.mark.parametrize("metric", ALL, ids=IDS)
@pytest.mark.parametrize("average", ["image", "pooled"])
def test_batches_weights_and_ignored_pixels(metric, average):
    truth, prediction = _random(10)
    whole = _value(metric(average=average), (truth, prediction))
    parts = [(truth[i : i + 4], prediction[i : i + 4]) for i in range(0, 10, 4)]
    assert _value(metric(average=average), *parts) == pytest.approx(whole, abs=1e-6)
    twice = np.float32([2, 1, 0])
    repeated = [0, 0, 1]
    assert _value(metric(average=average), (truth[:3], prediction[:3], twice)) == pytest.approx(
        _value(metric(average=average), (truth[repeated], prediction[repeated])), abs=1e-6
    )
    cropped = _value(metric(average=average), (truth[:, :, :4], prediction[:, :, :4]))
    pixels = np.ones_like(truth)
    pixels[:, :, 4:] = 0
    assert _value(metric(average=average), (truth, prediction, pixels)) == pytest.approx(cropped, abs=1e-6)
    marked = truth.copy()
    marked[:, :, 4:] = 255
    assert _value(metric(average=average, ignore_value=255), (marked, prediction)) == pytest.approx(cropped, abs=1e-6)
    both = np.stack([truth, np.random.default_rng(0).normal(size=truth.shape)], axis=-1)
    assert _value(metric(average=average, target="distance"), (both, prediction[..., None])) == whole


@pytest.mark.parametrize("metric", ALL, ids=IDS)
def test_logits_half_precision_reset_and_config(metric):
    truth, prediction = _random(6, bins=64)
    logits = np.log(prediction / (1 - prediction))
    wanted = _value(metric(), (truth, prediction))
    assert _value(metric(from_logits=True), (truth, logits)) == pytest.approx(wanted, abs=1e-5)
    assert _value(metric(), (truth, keras.ops.cast(prediction, "bfloat16"))) == pytest.approx(wanted, abs=1e-6)
    one = metric(average="pooled", ignore_value=3, name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    assert again.get_config() == one.get_config()
    one.update_state(truth, prediction)
    one.reset_state()
    assert float(one.result()) == 0


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_reports_the_same(compiled):
    if compiled and keras.backend.backend() == "torch":
        pytest.skip("torch.compile is not what these operations are about")
    truth, prediction = _random(7)
    truth, prediction = truth[..., None], prediction[..., None]
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Activation("linear")])
    chosen = [
        metric(average=average, name=f"{average}{n}") for n, metric in enumerate(ALL) for average in ("image", "pooled")
    ]
    model.compile(loss="mse", metrics=chosen, jit_compile=compiled)
    found = model.evaluate(prediction, truth, batch_size=3, verbose=0, return_dict=True)
    for n, metric in enumerate(ALL):
        for average in ("image", "pooled"):
            expected = _value(metric(average=average), (truth, prediction))
            assert found[f"{average}{n}"] == pytest.approx(expected, abs=1e-6)


def test_names_in_logs():
    assert [metric().name for metric in ALL] == ["roc_auc", "pr_auc", "best_dice", "ece"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.AUC(curve="xy"), "curve='xy'"),
        (lambda: metrics.AUC(num_thresholds=0), "num_thresholds=0"),
        (lambda: metrics.ThresholdSweep(average="batch"), "average='batch'"),
        (lambda: metrics.ExpectedCalibrationError(bins=0), "bins=0"),
        (lambda: metrics.AUC().update_state(np.ones((1, 2, 2, 3)), np.ones((1, 2, 2, 3))), "one channel"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
