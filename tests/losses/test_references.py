"""Every loss against an independent implementation: a thousand random images and every edge case."""

import numpy as np
import pytest
from keras import ops

from keras_rau import losses
from tests.losses import references
from tests.losses.cases import CASES, again, value_and_gradient, with_distance

SHAPE = (5, 4)
REFERENCES = {
    "bce": references.bce,
    "bce-smoothing": lambda g, p, w: references.bce(g, p, w, smoothing=0.1),
    "bce-class-weight": lambda g, p, w: references.bce(g, p, w, class_weight=(0.5, 2.0)),
    "weighted-bce": lambda g, p, w: references.bce(g, p, w, class_weight=(1.0, 2.5)),
    "weighted-bce-balanced": references.balanced_bce,
    "focal": references.focal,
    "focal-half": lambda g, p, w: references.focal(g, p, w, gamma=0.5, alpha=None),
    "dice": references.dice,
    "dice-squared": lambda g, p, w: references.dice(g, p, w, power=2),
    "generalized-dice": references.generalized_dice,
    "generalized-dice-simple": lambda g, p, w: references.generalized_dice(g, p, w, s=0.1, power=1),
    "jaccard": references.jaccard,
    "tversky": lambda g, p, w: references.tversky(g, p, w, alpha=0.2, beta=0.9),
    "focal-tversky": references.focal_tversky,
    "combo": lambda g, p, w: references.combo(g, p, w, alpha=0.3, beta=0.8),
    "compound": lambda g, p, w: references.bce(g, p, w) + references.dice(g, p, w),
    "compound-three": lambda g, p, w: (
        0.5 * references.tversky(g, p, w, alpha=0.2) + 2 * references.dice(g, p, w) + references.focal(g, p, w)
    ),
    "unified-focal": references.unified_focal,
    "unified-focal-symmetric": lambda g, p, w: references.unified_focal(g, p, w, 0.3, 0.7, 0.75, asymmetric=False),
    "lovasz": references.lovasz_hinge,
}
SPATIAL = {
    "structure": references.structure,
    "structure-collapsed": lambda g, p, w: references.structure(g, p, w, collapsed=True),
}


def _images(count=1000, seed=0):
    """Masks of every density, empty and full ones; predictions with exact zeros and ones; weights, some zero."""
    rng = np.random.default_rng(seed)
    shape = (count, *SHAPE, 1)
    truth = (rng.random(shape) < rng.random((count, 1, 1, 1))).astype("float32")
    truth[:30], truth[30:60] = 0, 1
    prediction = rng.random(shape).astype("float32")
    prediction = np.where(rng.random(shape) < 0.05, np.round(prediction), prediction)
    prediction[:10], prediction[10:20], prediction[30:40], prediction[40:50] = 0, 1, 0, 1
    weights = rng.choice(np.float32([0, 0.5, 1, 3]), shape, p=[0.2, 0.2, 0.4, 0.2])
    weights[:, 0, 0] = 1
    return truth, prediction.astype("float32"), weights


def _reference(name, truth, prediction, weights):
    g, p, w = (values.astype("float64")[..., 0] for values in (truth, prediction, weights))
    if name in SPATIAL:
        return np.array([SPATIAL[name](*image) for image in zip(g, p, w, strict=True)])
    if name == "boundary":
        distance = with_distance(CASES[name], truth)[..., 1].astype("float64")
        return np.array([references.boundary(*image, alpha=0.4) for image in zip(g, p, w, distance, strict=True)])
    return np.array([REFERENCES[name](a.ravel(), b.ravel(), c.ravel()) for a, b, c in zip(g, p, w, strict=True)])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_thousand_images(name, weighted):
    truth, prediction, weights = _images(seed=weighted)
    loss = again(CASES[name], reduction=None)
    target = with_distance(loss, truth)
    found = loss(target, prediction, sample_weight=weights if weighted else None)
    wanted = _reference(name, truth, prediction, weights if weighted else np.ones_like(weights))
    np.testing.assert_allclose(ops.convert_to_numpy(found), wanted, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_that_of_the_reference(name):
    """Central differences of the float64 reference."""
    truth, prediction, weights = _images(4, seed=3)
    rng = np.random.default_rng(1)
    truth = (rng.random(truth.shape) > 0.5).astype("float32")
    prediction = rng.uniform(0.1, 0.9, prediction.shape).astype("float32")
    loss = again(CASES[name], reduction="sum")
    _, gradient = value_and_gradient(loss, with_distance(loss, truth), prediction)
    step, ones = 1e-6, np.ones_like(weights)
    for pixel in np.ndindex(SHAPE):
        nudge = np.zeros((1, *SHAPE, 1))
        nudge[(0, *pixel, 0)] = step
        up, down = (_reference(name, truth, prediction.astype("float64") + sign * nudge, ones) for sign in (1, -1))
        np.testing.assert_allclose(
            gradient[(slice(None), *pixel, 0)], (up - down) / (2 * step), rtol=1e-3, atol=1e-4, err_msg=str(pixel)
        )


def test_lovasz_softmax_is_averaged_over_the_classes_present():
    rng = np.random.default_rng(0)
    scores = rng.random((1, 4, 5, 3)).astype("float32")
    probability = scores / scores.sum(-1, keepdims=True)
    labels = rng.integers(0, 2, (1, 4, 5))

    def one_class(g, p):
        errors = np.abs(g - p)
        total, before, wrong = 0.0, 0.0, np.zeros_like(g, bool)
        for pixel in np.argsort(-errors):
            wrong[pixel] = True
            after = wrong.sum() / ((g > 0) | wrong).sum()
            total, before = total + errors[pixel] * (after - before), after
        return total

    flat = probability[0].reshape(-1, 3).astype("float64")
    wanted = np.mean([one_class((labels.ravel() == k).astype(float), flat[:, k]) for k in (0, 1)])
    assert float(losses.LovaszLoss()(labels, probability)) == pytest.approx(wanted, abs=1e-6)
