"""Scores of outlines against hand-made masks, brute force, and medpy."""

import numpy as np
import pytest
from scipy import ndimage

from keras_rau import evaluation


def _square(side, top, left, shape=(20, 24)):
    mask = np.zeros(shape, np.uint8)
    mask[top : top + side, left : left + side] = 1
    return mask


def test_by_hand():
    a, b = _square(1, 5, 5), _square(1, 8, 9)
    # two single pixels, 3 down and 4 right: 5 apart
    found = evaluation.surface_scores(a, b, spacing=0.1, tolerance=5, tolerance_mm=0.4)
    assert found == pytest.approx(
        {"hd95": 5, "assd": 5, "boundary_iou": 0, "nsd": 1, "hd95_mm": 0.5, "assd_mm": 0.5, "nsd_mm": 0}
    )
    assert evaluation.surface_scores(a, b, spacing=(1, 2))["hd95_mm"] == pytest.approx(np.hypot(3, 8))
    assert set(evaluation.surface_scores(a, b)) == {"hd95", "assd", "boundary_iou", "nsd"}
    # a square of 5 and the same one column further right: of the 16 border pixels of either, the 4 + 4 of the top and
    # bottom rows that overlap are on the other's border, the other 8 are one pixel away
    moved = evaluation.surface_scores(_square(5, 3, 3), _square(5, 3, 4), tolerance=0)
    assert (moved["hd95"], moved["assd"], moved["nsd"]) == (1, 0.5, 0.5)


def test_empty_masks():
    nothing, something = _square(0, 0, 0), _square(3, 4, 4)
    agree = {"hd95": 0, "assd": 0, "boundary_iou": 1, "nsd": 1}
    assert evaluation.surface_scores(nothing, nothing) == agree
    assert evaluation.surface_scores(something, something) == agree
    full = np.ones((20, 24))
    assert evaluation.surface_scores(full, full) == agree
    diagonal = np.hypot(20, 24)
    for pair in ((nothing, something), (something, nothing), (nothing, full)):
        found = evaluation.surface_scores(*pair, spacing=0.5)
        assert found == pytest.approx(
            {"hd95": diagonal, "assd": diagonal, "boundary_iou": 0, "nsd": 0}
            | {"hd95_mm": diagonal / 2, "assd_mm": diagonal / 2}
        )


def _random_pairs(count=1000, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        shape = rng.integers(1, 12, 2)
        density = rng.random(2)
        truth, found = (rng.random(shape) < share for share in density)
        yield truth, found


def _distances(truth, found, spacing=1.0):
    """With erosion and distance transforms instead of contours and trees."""
    cross = ndimage.generate_binary_structure(2, 1)
    borders = [mask & ~ndimage.binary_erosion(mask, cross) for mask in (truth, found)]
    to = [ndimage.distance_transform_edt(~border, sampling=spacing) for border in borders]
    return np.concatenate([to[1][borders[0]], to[0][borders[1]]])


def _band(mask, width):
    """Pixels of the mask with a pixel outside, or beyond the image, at most `width` rows and columns away."""
    padded = np.pad(mask, width)
    size = 2 * width + 1
    inside = ndimage.minimum_filter(padded.astype(np.uint8), size=size, mode="constant")
    return mask & (inside[width:-width, width:-width] == 0)


def test_a_thousand_random_pairs():
    compared = 0
    for truth, found in _random_pairs():
        scores = evaluation.surface_scores(truth, found, spacing=0.3, tolerance=1, tolerance_mm=0.5)
        if not truth.any() or not found.any():
            assert scores["nsd"] == float(truth.any() == found.any())
            continue
        compared += 1
        distances, mm = _distances(truth, found), _distances(truth, found, 0.3)
        assert scores["hd95"] == pytest.approx(np.percentile(distances, 95), abs=1e-6)
        assert scores["assd"] == pytest.approx(distances.mean(), abs=1e-6)
        assert scores["nsd"] == pytest.approx((distances <= 1).mean(), abs=1e-6)
        assert scores["hd95_mm"] == pytest.approx(np.percentile(mm, 95), abs=1e-6)
        assert scores["assd_mm"] == pytest.approx(mm.mean(), abs=1e-6)
        assert scores["nsd_mm"] == pytest.approx((mm <= 0.5).mean(), abs=1e-6)
        one, other = _band(truth, 1), _band(found, 1)
        assert scores["boundary_iou"] == pytest.approx((one & other).sum() / (one | other).sum(), abs=1e-6)
    assert compared > 600


def test_agrees_with_medpy():
    binary = pytest.importorskip("medpy.metric.binary")
    for truth, found in _random_pairs(200, seed=1):
        if truth.any() and found.any():
            scores = evaluation.surface_scores(truth, found)
            assert scores["hd95"] == pytest.approx(binary.hd95(found, truth), abs=1e-6)
            assert scores["assd"] == pytest.approx(binary.assd(found, truth), abs=1e-6)


def test_what_is_empty_around_the_lesions_changes_nothing():
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth, found = rng.random((2, 9, 9)) < 0.4
        small = evaluation.surface_scores(np.pad(truth, 30), np.pad(found, 30))
        moved = evaluation.surface_scores(np.pad(truth, ((50, 10), (5, 55))), np.pad(found, ((50, 10), (5, 55))))
        assert small == pytest.approx(moved)
        assert small == pytest.approx(evaluation.surface_scores(np.pad(found, 30), np.pad(truth, 30)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spacing": 0}, "spacing"),
        ({"spacing": (1, 2, 3)}, "spacing"),
        ({"tolerance": -1}, "tolerance=-1"),
        ({"tolerance_mm": 1}, "needs `spacing`"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluation.surface_scores(np.ones((2, 2)), np.ones((2, 2)), **arguments)
    with pytest.raises(ValueError, match="same shape"):
        evaluation.surface_scores(np.ones((2, 2)), np.ones((2, 3)))
