"""What must hold for any masks: a thousand random pairs against scikit-learn, and properties over generated ones."""

from functools import partial

import keras
import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_rau import evaluation, metrics

CONFUSION = [
    metrics.DiceScore,
    metrics.IoU,
    metrics.MeanIoU,
    metrics.ThresholdJaccard,
    metrics.Accuracy,
    metrics.Sensitivity,
    metrics.Specificity,
    metrics.Precision,
]
PR = pytest.param(partial(metrics.AUC, "pr"), id="PR")
ALL = [*CONFUSION, metrics.AUC, PR, metrics.ThresholdSweep, metrics.ExpectedCalibrationError]

# One shape, so that no backend compiles again for every example; probabilities in the middle of the bins of 200 thresholds.
_SHAPE = (3, 4, 4)
MASKS = arrays("float32", _SHAPE, elements=st.sampled_from([0.0, 1.0]))
PROBABILITIES = arrays(
    "float32", _SHAPE, elements=st.integers(0, 200).map(lambda k: float(np.float32((k + 0.5) / 201)))
)
FEW = settings(max_examples=15, deadline=None, derandomize=True)


def _value(metric, *update):
    metric.update_state(*update)
    return float(metric.result())


def _per_image(metric, truth, prediction):
    return keras.ops.convert_to_numpy(metric.value(metric.statistics(metric.pixels(truth, prediction))))


def _masks(count, size, seed=0):
    """Masks of every density, empty and full ones, single pixels, and pixels at the border alone."""
    rng = np.random.default_rng(seed)
    masks = rng.random((count, size, size)) < rng.random((count, 1, 1))
    one = np.zeros((size, size), bool)
    one[size // 2, size // 2] = True
    border = np.ones((size, size), bool)
    border[1:-1, 1:-1] = False
    edges = np.stack([np.zeros_like(one), np.ones_like(one), one, border, ~one, ~border])
    masks[: 2 * len(edges)] = rng.permutation(np.concatenate([edges, edges]))
    return masks


def test_a_thousand_pairs_and_all_edge_cases_agree_with_scikit_learn():
    truth, found = _masks(1036, 5, seed=1), _masks(1036, 5, seed=2)
    edges = np.unique(truth[:12], axis=0)
    truth[:36], found[:36] = np.repeat(edges, 6, axis=0), np.tile(edges, (6, 1, 1))
    # scikit-learn scores columns, here images
    flat_truth, flat_found = (masks.reshape(len(masks), -1).T for masks in (truth, found))
    options = {"average": None, "zero_division": 1}
    iou = sklearn.metrics.jaccard_score(flat_truth, flat_found, **options)
    expected = {
        metrics.DiceScore: sklearn.metrics.f1_score(flat_truth, flat_found, **options),
        metrics.IoU: iou,
        metrics.MeanIoU: (iou + sklearn.metrics.jaccard_score(~flat_truth, ~flat_found, **options)) / 2,
        metrics.ThresholdJaccard: np.where(iou >= 0.65, iou, 0),
        metrics.Accuracy: (flat_truth == flat_found).mean(axis=0),
        metrics.Sensitivity: sklearn.metrics.recall_score(flat_truth, flat_found, **options),
        metrics.Specificity: sklearn.metrics.recall_score(~flat_truth, ~flat_found, **options),
        metrics.Precision: sklearn.metrics.precision_score(flat_truth, flat_found, **options),
    }
    rows = [evaluation.image_scores(*pair) for pair in zip(truth, found, strict=True)]
    for metric, reference in expected.items():
        one = metric()
        scores = _per_image(one, truth.astype("float32"), found.astype("float32"))
        np.testing.assert_allclose(scores, reference, atol=1e-6, err_msg=one.name)
        if one.name in evaluation.KEYS:
            np.testing.assert_allclose([row[one.name] for row in rows], reference, atol=1e-6, err_msg=one.name)


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("average", ["image", "pooled"])
@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_values_lie_between_0_and_1(metric, average, truth, prediction):
    assert -1e-6 <= _value(metric(average=average), truth, prediction) <= 1 + 1e-6


@pytest.mark.parametrize("metric", ALL)
@FEW
@given(truth=MASKS, prediction=PROBABILITIES, order=st.permutations(range(_SHAPE[0])))
def test_order_of_images_and_batches_do_not_matter(metric, truth, prediction, order):
    whole = _value(metric(average="image"), truth, prediction)
    assert _value(metric(average="image"), truth[order], prediction[order]) == pytest.approx(whole, abs=1e-6)
    single = metric(average="image")
    values = [_per_image(single, truth[i : i + 1], prediction[i : i + 1]) for i in range(_SHAPE[0])]
    # the best of the mean Dice over thresholds is no mean over images; its curve is
    assert np.mean(values, axis=0).max() == pytest.approx(whole, abs=1e-6)
    pooled = _value(metric(average="pooled"), truth, prediction)
    assert _value(metric(average="pooled"), truth[order], prediction[order]) == pytest.approx(pooled, abs=1e-6)


@pytest.mark.parametrize("metric", [metrics.DiceScore, metrics.IoU, metrics.MeanIoU, metrics.Accuracy])
@FEW
@given(truth=MASKS, found=MASKS)
def test_truth_and_prediction_may_change_places(metric, truth, found):
    assert _value(metric(), truth, found) == pytest.approx(_value(metric(), found, truth), abs=1e-6)


@FEW
@given(truth=MASKS, found=MASKS)
def test_identities(truth, found):
    def of(metric, one, other):
        return _per_image(metric(), one, other)

    dice, iou = of(metrics.DiceScore, truth, found), of(metrics.IoU, truth, found)
    np.testing.assert_allclose(dice, 2 * iou / (1 + iou), atol=1e-6)
    sensitivity, precision = of(metrics.Sensitivity, truth, found), of(metrics.Precision, truth, found)
    np.testing.assert_allclose(precision, of(metrics.Sensitivity, found, truth), atol=1e-6)
    np.testing.assert_allclose(of(metrics.Specificity, truth, found), of(metrics.Sensitivity, 1 - truth, 1 - found))
    present = (truth.sum(axis=(1, 2)) > 0) & (found.sum(axis=(1, 2)) > 0) & (dice > 0)
    harmonic = 2 * precision[present] * sensitivity[present] / (precision + sensitivity)[present]
    np.testing.assert_allclose(dice[present], harmonic, atol=1e-6)


@pytest.mark.parametrize(
    "metric",
    [metrics.DiceScore, metrics.IoU, metrics.Sensitivity, metrics.Precision, PR, metrics.ThresholdSweep],
)
@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_background_that_no_threshold_finds_changes_nothing(metric, truth, prediction):
    prediction = np.maximum(prediction, 2.5 / 201)
    around = ((0, 0), (2, 0), (1, 1))
    padded = _value(metric(), np.pad(truth, around), np.pad(prediction, around))
    assert padded == pytest.approx(_value(metric(), truth, prediction), abs=1e-6)


@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_areas_and_calibration_mirror_with_the_classes(truth, prediction):
    roc = _value(metrics.AUC(), truth, prediction)
    assert _value(metrics.AUC(), 1 - truth, 1 - prediction) == pytest.approx(roc, abs=1e-6)
    # an odd number of bins that the middles of the 201 bins never hit the edges of
    error = _value(metrics.ExpectedCalibrationError(67), truth, prediction)
    assert _value(metrics.ExpectedCalibrationError(67), 1 - truth, 1 - prediction) == pytest.approx(error, abs=1e-5)
    assert _value(metrics.ExpectedCalibrationError(), truth, truth) == 0


@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_no_threshold_beats_the_sweep(truth, prediction):
    best = _value(metrics.ThresholdSweep(), truth, prediction)
    for threshold in (0.1, 0.5, 0.9):
        assert _value(metrics.DiceScore(threshold=threshold), truth, prediction) <= best + 1e-6
