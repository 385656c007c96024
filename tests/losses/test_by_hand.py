"""Losses against numbers worked out by hand, plain, with weights, and with ignored pixels."""

import numpy as np
import pytest

from keras_rau import losses
from keras_rau.losses.structure import box_mean
from tests.losses.cases import again

LEFT_HALF = np.float32([[1, 1, 0, 0]] * 4)[None, ..., None]
TOP_HALF = np.float32([[1] * 4] * 2 + [[0] * 4] * 2)[None, ..., None]
EMPTY, FULL = np.zeros_like(LEFT_HALF), np.ones_like(LEFT_HALF)
HALF = 0.5 * FULL
LN2 = np.log(2)


@pytest.mark.parametrize(
    ("loss", "truth", "prediction", "expected"),
    [
        (losses.DiceLoss(smooth=1), LEFT_HALF, TOP_HALF, 1 - (2 * 4 + 1) / (16 + 1)),
        (losses.DiceLoss(smooth=1), EMPTY, EMPTY, 0),
        (losses.DiceLoss(smooth=1), EMPTY, FULL, 1 - 1 / 17),
        (losses.DiceLoss(smooth=1, squared=True), LEFT_HALF, HALF, 1 - (2 * 4 + 1) / (8 + 4 + 1)),
        # lesion 4 of 8 + 8, skin 4 of 8 + 8, equal areas and so equal weights
        (losses.GeneralizedDiceLoss(smooth=1), LEFT_HALF, TOP_HALF, 1 - (2 * 8 + 1) / (32 + 1)),
        # lesion absent, weight 1; skin (1 / 17)²
        (losses.GeneralizedDiceLoss(smooth=1), EMPTY, FULL, 1 - 1 / (16 + 16 / 17**2 + 1)),
        (losses.GeneralizedDiceLoss(smooth=1), EMPTY, EMPTY, 0),
        (losses.JaccardLoss(smooth=1), LEFT_HALF, TOP_HALF, 1 - (4 + 1) / (12 + 1)),
        # 4 hits, 4 false positives, 4 false negatives
        (losses.TverskyLoss(0.3, 0.7, smooth=1), LEFT_HALF, TOP_HALF, 1 - 5 / (4 + 0.3 * 4 + 0.7 * 4 + 1)),
        # only false positives: alpha
        (losses.TverskyLoss(0.25, 0.75, smooth=1), EMPTY, FULL, 1 - 1 / (0.25 * 16 + 1)),
        # only false negatives: beta
        (losses.TverskyLoss(0.25, 0.75, smooth=1), FULL, EMPTY, 1 - 1 / (0.75 * 16 + 1)),
        (losses.FocalTverskyLoss(2, 0.25, 0.75, smooth=1), EMPTY, FULL, (1 - 1 / 5) ** 0.5),
        (losses.BinaryCrossentropy(), LEFT_HALF, 0.25 * FULL, -(np.log(0.25) + np.log(0.75)) / 2),
        (losses.BinaryCrossentropy(label_smoothing=0.2), FULL, 0.25 * FULL, -0.9 * np.log(0.25) - 0.1 * np.log(0.75)),
        (losses.BinaryCrossentropy(class_weight=[3, 5]), LEFT_HALF, HALF, (3 + 5) / 2 * LN2),
        (losses.WeightedBinaryCrossentropy(2.5), LEFT_HALF, HALF, (2.5 + 1) / 2 * LN2),
        # a quarter of the pixels is lesion, so that it weighs 3/4 and skin 1/4
        (losses.WeightedBinaryCrossentropy(None), LEFT_HALF * TOP_HALF, HALF, 2 * 3 / 16 * LN2),
        (
            losses.FocalLoss(gamma=2, alpha=0.25),
            LEFT_HALF,
            0.25 * FULL,
            0.25 / 2 * 0.75**2 * 2 * LN2 - 0.75 / 2 * 0.25**2 * np.log(0.75),
        ),
        (losses.ComboLoss(0.5, 0.75, smooth=1), FULL, HALF, 0.5 * 0.75 * LN2 + 0.5 * (1 - 17 / 25)),
        (
            losses.CompoundLoss(weights=[2, 3]),
            LEFT_HALF,
            0.25 * FULL,
            -(np.log(0.25) + np.log(0.75)) + 3 * (1 - (2 * 2 + 1) / (4 + 8 + 1)),
        ),
        # lesion and skin: TP 4, FN 4, FP 4; the focal part is 0.5 · (δ + 1 − δ · √0.5) ln 2
        (
            losses.UnifiedFocalLoss(weight=1, delta=0.6, gamma=0.5, smooth=1),
            LEFT_HALF,
            TOP_HALF,
            ((1 - 5 / 9) + (1 - 5 / 9) ** 0.5) / 2,
        ),
        (losses.UnifiedFocalLoss(weight=0, delta=0.6, gamma=0.5), LEFT_HALF, HALF, 0.5 * (0.6 + 0.4 * 0.5**0.5) * LN2),
        # every pixel has the error 1 (logit 0): the Jaccard loss of the worst mask
        (losses.LovaszLoss(), LEFT_HALF, HALF, 1),
        # a window of one pixel: no border, w = 1
        (losses.StructureLoss(window=1), LEFT_HALF, HALF, LN2 + 1 - (4 + 1) / (8 + 8 - 4 + 1)),
    ],
)
def test_plain(loss, truth, prediction, expected):
    assert float(loss(truth, prediction)) == pytest.approx(expected, abs=1e-6)


# Four pixels in a row: p .8 on lesion, .4 on skin, .25 on skin, .5 on lesion; weights 2, 1, 4, 0.
TRUTH, P = np.float32([[[1, 0, 0, 1]]]), np.float32([[[0.8, 0.4, 0.25, 0.5]]])
WEIGHTS = np.float32([[[2, 1, 4, 0]]])
# Σ w p g, Σ w p, Σ w g, Σ w with the weights; the same of the first two pixels when the others are ignored
WEIGHTED, KEPT = (1.6, 3.0, 2.0, 7.0), (0.8, 1.2, 1.0, 2.0)
LOG = {value: -np.log(value) for value in (0.8, 0.6, 0.75)}
BCE_WEIGHTED = (2 * LOG[0.8] + LOG[0.6] + 4 * LOG[0.75]) / 7
BCE_KEPT = (LOG[0.8] + LOG[0.6]) / 2


def _dice(tp, p, g, n):
    return 1 - (2 * tp + 1) / (p + g + 1)


def _jaccard(tp, p, g, n):
    return 1 - (tp + 1) / (p + g - tp + 1)


def _tversky(tp, p, g, n):
    return 1 - (tp + 1) / (tp + 0.3 * (p - tp) + 0.7 * (g - tp) + 1)


HAND = {
    "dice": (losses.DiceLoss(), _dice(*WEIGHTED), _dice(*KEPT)),
    "dice-squared": (
        losses.DiceLoss(squared=True),
        1 - 4.2 / (2 * 0.64 + 0.16 + 4 * 0.0625 + 2 + 1),
        1 - 2.6 / (0.64 + 0.16 + 1 + 1),
    ),
    "jaccard": (losses.JaccardLoss(), _jaccard(*WEIGHTED), _jaccard(*KEPT)),
    "tversky": (losses.TverskyLoss(), _tversky(*WEIGHTED), _tversky(*KEPT)),
    "focal-tversky": (losses.FocalTverskyLoss(), _tversky(*WEIGHTED) ** 0.75, _tversky(*KEPT) ** 0.75),
    # lesion 2 is rarer than skin 5: weights 1 and (3 / 6)²; skin: Σ w (1 − p)(1 − g) = 0.6 + 3, Σ w (1 − p) = 4
    "generalized-dice": (
        losses.GeneralizedDiceLoss(),
        1 - (2 * (1.6 + 0.25 * 3.6) + 1) / (3 + 2 + 0.25 * (4 + 5) + 1),
        1 - (2 * (0.8 + 0.6) + 1) / (1.2 + 1 + 0.8 + 1 + 1),
    ),
    "bce": (losses.BinaryCrossentropy(), BCE_WEIGHTED, BCE_KEPT),
    "weighted-bce": (
        losses.WeightedBinaryCrossentropy(3),
        (3 * 2 * LOG[0.8] + LOG[0.6] + 4 * LOG[0.75]) / 7,
        (3 * LOG[0.8] + LOG[0.6]) / 2,
    ),
    "focal": (
        losses.FocalLoss(gamma=1, alpha=None),
        (2 * 0.2 * LOG[0.8] + 0.4 * LOG[0.6] + 4 * 0.25 * LOG[0.75]) / 7,
        (0.2 * LOG[0.8] + 0.4 * LOG[0.6]) / 2,
    ),
    "combo": (
        losses.ComboLoss(0.5, 0.5),
        0.25 * BCE_WEIGHTED + 0.5 * _dice(*WEIGHTED),
        0.25 * BCE_KEPT + 0.5 * _dice(*KEPT),
    ),
    "compound": (losses.CompoundLoss(), BCE_WEIGHTED + _dice(*WEIGHTED), BCE_KEPT + _dice(*KEPT)),
    # γ = 0, w = 0.5: half a class-weighted cross-entropy, half the mean Tversky of both classes at δ
    "unified-focal": (
        losses.UnifiedFocalLoss(gamma=0, smooth=1),
        0.5 * (0.6 * 2 * LOG[0.8] + 0.4 * (LOG[0.6] + 4 * LOG[0.75])) / 7
        + 0.25 * (1 - 2.6 / (1.6 + 0.6 * 0.4 + 0.4 * 1.4 + 1))
        + 0.25 * (1 - 4.6 / (3.6 + 0.6 * 1.4 + 0.4 * 0.4 + 1)),
        0.5 * (0.6 * LOG[0.8] + 0.4 * LOG[0.6]) / 2
        + 0.25 * (1 - 1.8 / (0.8 + 0.6 * 0.2 + 0.4 * 0.4 + 1))
        + 0.25 * (1 - 1.6 / (0.6 + 0.6 * 0.4 + 0.4 * 0.2 + 1)),
    ),
    "structure": (
        losses.StructureLoss(window=1),
        BCE_WEIGHTED + _jaccard(*WEIGHTED),
        BCE_KEPT + _jaccard(*KEPT),
    ),
    # errors 1 − ln 4 (< 0) on lesion, 1 + ln(2/3) and 1 − ln 3 (< 0) on skin: only the second counts, with the
    # Jaccard loss of one false alarm of weight 1 beside a lesion of 2, or of 1
    "lovasz": (losses.LovaszLoss(), (1 - np.log(1.5)) / 3, (1 - np.log(1.5)) / 2),
}


@pytest.mark.parametrize("name", HAND)
def test_pixel_weights_and_ignored_pixels(name):
    loss, weighted, kept = HAND[name]
    assert float(loss(TRUTH, P, sample_weight=WEIGHTS)) == pytest.approx(weighted, abs=1e-6)
    marked = np.float32([[[1, 0, 255, 255]]])
    assert float(again(loss, ignore_value=255)(marked, P)) == pytest.approx(kept, abs=1e-6)


def test_boundary():
    truth = np.float32([[[[1, -1], [1, 0], [0, 1], [0, 2]]]])
    p = np.float32([[[[1], [0.5], [0.5], [0.25]]]])
    surface = (-1 + 0 + 0.5 + 0.5) / 4
    assert float(losses.BoundaryLoss(alpha=0)(truth, p)) == pytest.approx(surface)
    dice = 1 - (2 * 1.5 + 1) / (2.25 + 2 + 1)
    assert float(losses.BoundaryLoss(alpha=0.25)(truth, p)) == pytest.approx(0.25 * dice + 0.75 * surface)
    weights = np.float32([[[1, 1, 2, 0]]])
    assert float(losses.BoundaryLoss(alpha=0)(truth, p, sample_weight=weights)) == pytest.approx((-1 + 0 + 2 * 0.5) / 4)
    truth[..., 3, 0] = 255
    ignoring = losses.BoundaryLoss(alpha=0, ignore_value=255)
    assert float(ignoring(truth, p)) == pytest.approx((-1 + 0 + 0.5) / 3)
    with pytest.raises(ValueError, match="signed distance"):
        ignoring(truth[..., :1], p)


def test_box_mean_counts_the_zeros_outside():
    values = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    found = np.asarray(box_mean(values, 3))[0, ..., 0]
    assert found[0, 0] == pytest.approx((0 + 1 + 4 + 5) / 9)
    assert found[1, 1] == pytest.approx((0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10) / 9)
    assert found[2, 3] == pytest.approx((6 + 7 + 10 + 11) / 9)


def test_structure_weighs_the_border():
    # 3×3 with one lesion pixel in the middle, window 3: w = 1 + 5 · |1/9 − 1| there and 1 + 5/9 elsewhere
    truth = np.zeros((1, 3, 3, 1), "float32")
    truth[0, 1, 1] = 1
    centre, rest = 1 + 5 * 8 / 9, 1 + 5 / 9
    total = centre + 8 * rest
    jaccard = 1 - (0.5 * centre + 1) / (0.5 * total + centre - 0.5 * centre + 1)
    loss = losses.StructureLoss(window=3)
    assert float(loss(truth, np.full_like(truth, 0.5))) == pytest.approx(LN2 + jaccard, abs=1e-6)
    # the published code's first term does not weigh at all
    p = np.where(truth > 0, 0.25, 0.5).astype("float32")
    overlap, union = 0.25 * centre, 0.25 * centre + 0.5 * 8 * rest + centre - 0.25 * centre
    second = 1 - (overlap + 1) / (union + 1)
    plain, weighted = (2 * LN2 + 8 * LN2) / 9, (centre * 2 * LN2 + 8 * rest * LN2) / total
    assert float(loss(truth, p)) == pytest.approx(weighted + second, abs=1e-6)
    assert float(losses.StructureLoss(window=3, collapsed=True)(truth, p)) == pytest.approx(plain + second, abs=1e-6)


def test_categorical_crossentropy():
    p = np.float32([[[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]]])
    labels = np.array([[[0, 2]]])
    onehot = np.float32([[[[1, 0, 0], [0, 0, 1]]]])
    for truth in (labels, labels[..., None], onehot):
        assert float(losses.CategoricalCrossentropy()(truth, p)) == pytest.approx((LN2 - np.log(0.1)) / 2, abs=1e-6)
    weighted = losses.CategoricalCrossentropy(class_weight=[2, 1, 3])
    assert float(weighted(labels, p)) == pytest.approx((2 * LN2 - 3 * np.log(0.1)) / 2, abs=1e-6)
    foreground = losses.CategoricalCrossentropy(include_background=False)
    assert float(foreground(labels, p)) == pytest.approx(-np.log(0.1) / 2, abs=1e-6)
    ignoring = losses.CategoricalCrossentropy(ignore_value=255)
    assert float(ignoring(np.array([[[0, 255]]]), p)) == pytest.approx(LN2, abs=1e-6)
    smooth = losses.CategoricalCrossentropy(label_smoothing=0.3)
    expected = -(0.8 * np.log(0.5) + 0.2 * np.log(0.25) + 0.1 * np.log(0.1) + 0.1 * np.log(0.8) + 0.8 * np.log(0.1)) / 2
    assert float(smooth(labels, p)) == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ValueError, match="several channels"):
        losses.CategoricalCrossentropy()(labels, p[..., :1])
