"""Metrics against hand-made masks and scikit-learn, and their contracts."""

import keras
import numpy as np
import pytest
import sklearn.metrics

from keras_rau import metrics

LEFT_HALF = np.float32([[1, 1, 0, 0]] * 4)[None, ..., None]
TOP_HALF = np.float32([[1] * 4] * 2 + [[0] * 4] * 2)[None, ..., None]
EMPTY, FULL = np.zeros_like(LEFT_HALF), np.ones_like(LEFT_HALF)
ALL = [
    metrics.DiceScore,
    metrics.IoU,
    metrics.MeanIoU,
    metrics.ThresholdJaccard,
    metrics.Accuracy,
    metrics.Sensitivity,
    metrics.Specificity,
    metrics.Precision,
]


def _value(metric, *updates):
    for update in updates:
        metric.update_state(*update)
    return float(metric.result())


@pytest.mark.parametrize(
    ("metric", "quarter_overlap", "both_empty", "empty_truth", "all_missed"),
    [
        (metrics.DiceScore, 0.5, 1, 0, 0),
        (metrics.IoU, 1 / 3, 1, 0, 0),
        (metrics.MeanIoU, 1 / 3, 1, 0, 0),
        (metrics.ThresholdJaccard, 0, 1, 0, 0),
        (metrics.Accuracy, 0.5, 1, 0, 0),
        (metrics.Sensitivity, 0.5, 1, 1, 0),
        (metrics.Specificity, 0.5, 1, 0, 1),
        (metrics.Precision, 0.5, 1, 0, 1),
    ],
)
def test_by_hand(metric, quarter_overlap, both_empty, empty_truth, all_missed):
    pairs = {(0, 1): quarter_overlap, (2, 2): both_empty, (2, 3): empty_truth, (3, 2): all_missed}
    masks = [LEFT_HALF, TOP_HALF, EMPTY, FULL]
    for (truth, found), expected in pairs.items():
        assert _value(metric(), (masks[truth], masks[found])) == pytest.approx(expected, abs=1e-6)


def _random(count=20, seed=0, size=6):
    rng = np.random.default_rng(seed)
    truth = (rng.random((count, size, size, 1)) > 0.5).astype("float32")
    return truth, np.clip(truth * 0.4 + rng.random(truth.shape) * 0.6, 0, 1).astype("float32")


SKLEARN = {
    metrics.DiceScore: sklearn.metrics.f1_score,
    metrics.IoU: sklearn.metrics.jaccard_score,
    metrics.MeanIoU: lambda t, p: sklearn.metrics.jaccard_score(t, p, average="macro"),
    metrics.Accuracy: sklearn.metrics.accuracy_score,
    metrics.Sensitivity: sklearn.metrics.recall_score,
    metrics.Specificity: lambda t, p: sklearn.metrics.recall_score(t, p, pos_label=0),
    metrics.Precision: sklearn.metrics.precision_score,
}


@pytest.mark.parametrize("metric", SKLEARN)
def test_agrees_with_scikit_learn(metric):
    truth, prediction = _random(50)
    flat = [(t.ravel().astype(int), (p.ravel() >= 0.5).astype(int)) for t, p in zip(truth, prediction, strict=True)]
    assert _value(metric(), (truth, prediction)) == pytest.approx(
        np.mean([SKLEARN[metric](*pair) for pair in flat]), abs=1e-6
    )
    pooled = SKLEARN[metric](np.concatenate([t for t, _ in flat]), np.concatenate([p for _, p in flat]))
    assert _value(metric(average="pooled"), (truth, prediction)) == pytest.approx(pooled, abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("average", ["image", "pooled"])
def test_any_batch_size_and_a_short_last_batch(metric, average):
    truth, prediction = _random(10)
    whole = _value(metric(average=average), (truth, prediction))
    parts = [(truth[i : i + 4], prediction[i : i + 4]) for i in range(0, 10, 4)]
    assert _value(metric(average=average), *parts) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
def test_weights_and_ignored_pixels(metric):
    truth, prediction = _random(3)
    each = [_value(metric(), (truth[i : i + 1], prediction[i : i + 1])) for i in range(3)]
    weights = np.float32([1, 0, 3])
    assert _value(metric(), (truth, prediction, weights)) == pytest.approx((weights * each).sum() / 4, abs=1e-6)
    cropped = _value(metric(), (truth[:, :, :4], prediction[:, :, :4]))
    pixels = np.ones((3, 6, 6), "float32")
    pixels[:, :, 4:] = 0
    assert _value(metric(), (truth, prediction, pixels)) == pytest.approx(cropped, abs=1e-6)
    truth[:, :, 4:] = 255
    assert _value(metric(ignore_value=255), (truth, prediction)) == pytest.approx(cropped, abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
def test_logits_threshold_reset_and_config(metric):
    truth, prediction = _random(5)
    logits = np.log(prediction / (1 - prediction) + 1e-9)
    wanted = _value(metric(threshold=0.3), (truth, prediction))
    assert _value(metric(threshold=0.3, from_logits=True), (truth, logits)) == pytest.approx(wanted, abs=1e-6)
    one = metric(threshold=0.3, average="pooled", name="mine")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    assert again.get_config() == one.get_config()
    one.update_state(truth, prediction)
    one.reset_state()
    assert float(one.result()) == 0


def test_exactly_half_is_lesion():
    assert _value(metrics.Sensitivity(), (FULL, 0.5 * FULL)) == 1


def test_fit_reports_the_mean_over_images():
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Activation("linear")])
    truth, prediction = _random(7)
    model.compile(loss="mse", metrics=[metric() for metric in ALL])
    found = model.evaluate(prediction, truth, batch_size=3, verbose=0, return_dict=True)
    for metric in ALL:
        one = metric()
        assert found[one.name] == pytest.approx(_value(one, (truth, prediction)), abs=1e-6)


@pytest.mark.parametrize("arguments", [{"average": "batch"}, {"threshold": 0}, {"threshold": 1.5}])
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received"):
        metrics.DiceScore(**arguments)


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ((1, 2, 2, 3), (1, 2, 2, 1), "one channel"),
        ((1, 2, 2, 2), (1, 2, 2, 3), "3 channels"),
        ((1, 4, 6), (1, 6, 4), "same batch size, height and width"),
        ((1, 4), (1, 4), "must have shape"),
    ],
)
def test_bad_shapes(truth, prediction, message):
    with pytest.raises(ValueError, match=message):
        metrics.DiceScore().update_state(np.ones(truth), np.ones(prediction))


@pytest.mark.parametrize("metric", ALL)
def test_a_distance_map_beside_the_mask_is_not_read_where_it_is_said_to_be_one(metric):
    truth, prediction = _random(4)
    distance = np.random.default_rng(1).normal(size=truth.shape).astype("float32")
    both = np.concatenate([truth, distance], axis=-1)
    weights = np.random.default_rng(2).random(truth.shape).astype("float32")
    for weight in (None, np.float32([1, 2, 0, 1]), weights):
        found = _value(metric(ignore_value=1.0, target="distance"), (both, prediction, weight))
        assert found == _value(metric(ignore_value=1.0), (truth, prediction, weight))


@pytest.mark.parametrize("metric", ALL)
def test_half_precision_is_counted_in_float32(metric):
    # 70 × 70 pixels are more than bfloat16 and float16 can count.
    truth, prediction = _random(2, size=70)
    for dtype in ("bfloat16", "float16"):
        rounded = keras.ops.cast(prediction, dtype)
        found = metric()
        found.update_state(truth, rounded)
        assert float(found.result()) == _value(metric(), (truth, keras.ops.cast(rounded, "float32")))
        assert keras.backend.standardize_dtype(found.result().dtype) == "float32"
