"""Properties that hold for any image, found by search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from keras_rau import losses
from tests.losses.cases import CASES, again, with_distance

SHAPE = (3, 4, 5, 1)
MASKS = arrays("float32", SHAPE, elements=st.sampled_from([0.0, 1.0]))
PROBABILITIES = arrays("float32", SHAPE, elements=st.floats(0, 1, width=32))
BOUNDED = ["dice", "dice-squared", "generalized-dice", "generalized-dice-simple", "jaccard", "tversky", "focal-tversky"]
# Label smoothing keeps the second from 0, and the boundary loss may be negative.
POSITIVE = sorted(set(CASES) - set(BOUNDED) - {"bce-smoothing", "boundary"})
FEW = settings(max_examples=15, deadline=None)


def _each(loss, truth, prediction):
    return ops.convert_to_numpy(again(loss, reduction=None)(truth, prediction))


@pytest.mark.parametrize("name", CASES)
@FEW
@given(truth=MASKS, prediction=PROBABILITIES, order=st.permutations(range(3)))
def test_images_stand_for_themselves(name, truth, prediction, order):
    """A batch is the mean of its images, in whatever order."""
    loss = CASES[name]
    target = with_distance(loss, truth)
    each = _each(loss, target, prediction)
    assert np.isfinite(each).all()
    np.testing.assert_allclose(_each(loss, target[list(order)], prediction[list(order)]), each[list(order)], atol=1e-6)
    singles = [float(loss(target[i : i + 1], prediction[i : i + 1])) for i in range(3)]
    np.testing.assert_allclose(each, singles, rtol=1e-6, atol=1e-6)
    assert float(loss(target, prediction)) == pytest.approx(np.mean(singles), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", BOUNDED)
@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_between_zero_and_one(name, truth, prediction):
    each = _each(CASES[name], truth, prediction)
    assert (each >= -1e-6).all()
    assert (each <= 1 + 1e-6).all()
    np.testing.assert_allclose(_each(CASES[name], truth, truth), 0, atol=1e-3)


@pytest.mark.parametrize("name", POSITIVE)
@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_never_negative_and_nothing_when_right(name, truth, prediction):
    assert (_each(CASES[name], truth, prediction) >= -1e-6).all()
    np.testing.assert_allclose(_each(CASES[name], truth, truth), 0, atol=1e-3)


@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_dice_and_jaccard_are_symmetric_and_tversky_swaps_its_weights(truth, prediction):
    for loss in (losses.DiceLoss(), losses.DiceLoss(squared=True), losses.JaccardLoss()):
        np.testing.assert_allclose(_each(loss, truth, prediction), _each(loss, prediction, truth), atol=1e-6)
    there, back = losses.TverskyLoss(0.2, 0.7), losses.TverskyLoss(0.7, 0.2)
    np.testing.assert_allclose(_each(there, truth, prediction), _each(back, prediction, truth), atol=1e-6)


@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_identities(truth, prediction):
    tiny = 1e-6
    tversky_half = losses.TverskyLoss(0.5, 0.5, smooth=0.5)
    np.testing.assert_allclose(
        _each(tversky_half, truth, prediction), _each(losses.DiceLoss(smooth=1), truth, prediction), atol=1e-6
    )
    np.testing.assert_allclose(
        _each(losses.TverskyLoss(1, 1), truth, prediction), _each(losses.JaccardLoss(), truth, prediction), atol=1e-6
    )
    jaccard = 1 - _each(losses.JaccardLoss(smooth=tiny), truth, prediction)
    dice = 1 - _each(losses.DiceLoss(smooth=2 * tiny), truth, prediction)
    np.testing.assert_allclose(dice, 2 * jaccard / (1 + jaccard), atol=1e-5)
    focal = losses.FocalLoss(gamma=0, alpha=None)
    np.testing.assert_allclose(
        _each(focal, truth, prediction), _each(losses.BinaryCrossentropy(), truth, prediction), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        _each(losses.FocalTverskyLoss(1), truth, prediction), _each(losses.TverskyLoss(), truth, prediction), atol=1e-6
    )


@pytest.mark.parametrize("name", ["dice", "dice-squared", "jaccard", "tversky", "focal-tversky", "lovasz"])
@FEW
@given(truth=MASKS, prediction=PROBABILITIES)
def test_padding_by_background_that_is_right_changes_nothing(name, truth, prediction):
    padding = [(0, 0), (1, 2), (3, 0), (0, 0)]
    padded = [np.pad(values, padding) for values in (truth, prediction)]
    np.testing.assert_allclose(_each(CASES[name], *padded), _each(CASES[name], truth, prediction), atol=1e-6)


@FEW
@given(truth=MASKS, logits=arrays("float32", SHAPE, elements=st.floats(-1e4, 1e4, width=32)))
def test_finite_for_any_logits(truth, logits):
    for loss in CASES.values():
        found = _each(again(loss, from_logits=True), with_distance(loss, truth), logits)
        assert np.isfinite(found).all(), loss.name
