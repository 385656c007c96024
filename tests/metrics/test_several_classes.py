"""Metrics of several classes against hand-made maps and scikit-learn."""

import keras
import numpy as np
import pytest
import sklearn.metrics

from keras_rau import metrics

OVERLAP = [metrics.DiceScore, metrics.IoU, metrics.Sensitivity, metrics.Precision]
ALL = [*OVERLAP, metrics.MeanIoU, metrics.ThresholdJaccard, metrics.Accuracy, metrics.Specificity]


def _value(metric, *update):
    metric.update_state(*update)
    return float(metric.result())


def _random(count=30, size=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, (count, size, size))
    prediction = (
        rng.random((count, size, size, classes)).astype("float32") + 0.5 * np.eye(classes, dtype="float32")[truth]
    )
    return truth, prediction / prediction.sum(axis=-1, keepdims=True)


def test_by_hand():
    truth = np.array([[[0, 0, 1, 1, 2, 2]]])
    found = np.eye(4, dtype="float32")[np.array([[[0, 1, 1, 1, 2, 0]]])]
    # class 1: 2 hits, 1 false; class 2: 1 hit, 1 missed; class 3 is in neither; background: 1 hit, 1 false, 1 missed
    assert _value(metrics.DiceScore(), truth, found) == pytest.approx((4 / 5 + 2 / 3 + 1) / 3, abs=1e-6)
    assert _value(metrics.DiceScore(include_background=True), truth, found) == pytest.approx(
        (2 / 4 + 4 / 5 + 2 / 3 + 1) / 4, abs=1e-6
    )
    assert _value(metrics.IoU(), truth, found) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3, abs=1e-6)
    assert _value(metrics.MeanIoU(), truth, found) == pytest.approx((1 / 3 + 2 / 3 + 1 / 2 + 1) / 4, abs=1e-6)
    assert _value(metrics.ThresholdJaccard(), truth, found) == pytest.approx((2 / 3 + 0 + 1) / 3, abs=1e-6)
    assert _value(metrics.Sensitivity(), truth, found) == pytest.approx((1 + 1 / 2 + 1) / 3, abs=1e-6)
    assert _value(metrics.Precision(), truth, found) == pytest.approx((2 / 3 + 1 + 1) / 3, abs=1e-6)
    assert _value(metrics.Specificity(), truth, found) == pytest.approx((3 / 4 + 1 + 1) / 3, abs=1e-6)
    assert _value(metrics.Accuracy(), truth, found) == pytest.approx(4 / 6, abs=1e-6)


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("average", ["image", "pooled"])
def test_agrees_with_scikit_learn(background, average):
    truth, prediction = _random()
    labels = [0, 1, 2] if background else [1, 2]
    options = {"labels": labels, "average": "macro", "zero_division": 1}
    references = {
        metrics.DiceScore: lambda t, p: sklearn.metrics.f1_score(t, p, **options),
        metrics.IoU: lambda t, p: sklearn.metrics.jaccard_score(t, p, **options),
        metrics.Sensitivity: lambda t, p: sklearn.metrics.recall_score(t, p, **options),
        metrics.Precision: lambda t, p: sklearn.metrics.precision_score(t, p, **options),
        metrics.MeanIoU: lambda t, p: sklearn.metrics.jaccard_score(t, p, average="macro", labels=[0, 1, 2]),
        metrics.Accuracy: sklearn.metrics.accuracy_score,
    }
    flat, found = truth.reshape(len(truth), -1), prediction.argmax(axis=-1).reshape(len(truth), -1)
    for metric, reference in references.items():
        expected = (
            np.mean([reference(*pair) for pair in zip(flat, found, strict=True)])
            if average == "image"
            else reference(flat.ravel(), found.ravel())
        )
        one = metric(average=average, include_background=background, num_classes=3)
        assert _value(one, truth, prediction) == pytest.approx(expected, abs=1e-6), metric


@pytest.mark.parametrize("metric", ALL)
def test_two_classes_score_what_one_channel_scores(metric):
    truth, prediction = _random(classes=2)
    one = _value(metric(threshold=0.5), truth.astype("float32"), prediction[..., 1])
    assert _value(metric(), truth, prediction) == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
def test_class_numbers_one_hot_weights_and_ignored_pixels(metric):
    truth, prediction = _random(3)
    wanted = _value(metric(), truth, prediction)
    for same in (truth[..., None], truth.astype("uint8"), np.eye(3)[truth]):
        assert _value(metric(), same, prediction) == wanted
    assert _value(metric(from_logits=True), truth, np.log(prediction)) == wanted
    cropped = _value(metric(), truth[:, :, :3], prediction[:, :, :3])
    pixels = np.ones(truth.shape, "float32")
    pixels[:, :, 3:] = 0
    assert _value(metric(), truth, prediction, pixels) == pytest.approx(cropped, abs=1e-6)
    for labels in (truth, np.eye(3)[truth]):
        marked = labels.astype("uint8")
        marked[:, :, 3:] = 255
        assert _value(metric(ignore_value=255), marked, prediction) == pytest.approx(cropped, abs=1e-6)
    each = [_value(metric(), truth[i : i + 1], prediction[i : i + 1]) for i in range(3)]
    weighted = _value(metric(), truth, prediction, np.float32([1, 0, 3]))
    assert weighted == pytest.approx((each[0] + 3 * each[2]) / 4, abs=1e-6)


@pytest.mark.parametrize("metric", ALL)
def test_overlapping_classes_are_masks_of_their_own(metric):
    rng = np.random.default_rng(0)
    truth = (rng.random((4, 5, 6, 3)) > 0.5).astype("float32")
    prediction = rng.random((4, 5, 6, 3)).astype("float32")
    each = [_value(metric(threshold=0.3), truth[..., k], prediction[..., k]) for k in range(3)]
    found = _value(metric(threshold=0.3, overlapping=True), truth, prediction)
    assert found == pytest.approx(np.mean(each), abs=1e-6)
    logits = np.log(prediction / (1 - prediction))
    assert _value(metric(threshold=0.3, overlapping=True, from_logits=True), truth, logits) == pytest.approx(
        found, abs=1e-6
    )
    with pytest.raises(ValueError, match="3 channels like `y_pred`, a mask each"):
        metric(overlapping=True).update_state(truth[..., 0], prediction)


def test_in_fit():
    truth, prediction = _random(7)
    model = keras.Sequential([keras.Input((5, 5, 3)), keras.layers.Activation("linear")])
    compiled = [metrics.DiceScore(), metrics.IoU(average="pooled", num_classes=3), metrics.MeanIoU()]
    model.compile(loss="mse", metrics=compiled)
    found = model.evaluate(prediction, np.eye(3)[truth], batch_size=3, verbose=0, return_dict=True)
    for metric in (metrics.DiceScore(), metrics.IoU(average="pooled", num_classes=3), metrics.MeanIoU()):
        assert found[metric.name] == pytest.approx(_value(metric, truth, prediction), abs=1e-6)


def test_config_and_bad_arguments():
    one = metrics.DiceScore(include_background=True, num_classes=4)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    assert again.get_config() == one.get_config()
    truth, prediction = _random(2)
    with pytest.raises(ValueError, match=r"here 3. Received: num_classes=None"):
        metrics.DiceScore(average="pooled").update_state(truth, prediction)
    with pytest.raises(ValueError, match="num_classes=4"):
        one.update_state(truth, prediction)
    with pytest.raises(ValueError, match="num_classes=0"):
        metrics.DiceScore(num_classes=0)
