"""Outlines: properties over generated masks, wide bands, uneven spacing; and evaluations that go wrong or out of step."""

import threading
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_rau import datasets, evaluation
from keras_rau.errors import ExportError

MASKS = arrays(bool, (7, 9), elements=st.booleans())
MANY = settings(max_examples=200, deadline=None, derandomize=True)
DISTANCES, RATIOS = ("hd95", "assd"), ("nsd", "boundary_iou")


@MANY
@given(truth=MASKS, found=MASKS)
def test_symmetric_and_within_bounds(truth, found):
    scores = evaluation.surface_scores(truth, found)
    assert scores == pytest.approx(evaluation.surface_scores(found, truth))
    assert all(0 <= scores[key] <= np.hypot(7, 9) for key in DISTANCES)
    assert all(0 <= scores[key] <= 1 for key in RATIOS)
    assert (scores["assd"] == 0) == _same_border(truth, found)


def _same_border(truth, found):
    """Masks of one outline: what lies inside it does not show."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    borders = [
        mask & ~cv2.erode(mask.astype(np.uint8), cross, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(bool)
        for mask in (truth, found)
    ]
    return bool((borders[0] == borders[1]).all())


@MANY
@given(truth=MASKS, found=MASKS, spacing=st.floats(0.01, 100))
def test_millimetres_are_scaled_pixels(truth, found, spacing):
    scores = evaluation.surface_scores(truth, found, spacing, tolerance=2, tolerance_mm=2 * spacing)
    assert [scores[f"{key}_mm"] for key in DISTANCES] == pytest.approx([spacing * scores[key] for key in DISTANCES])
    assert scores["nsd_mm"] == scores["nsd"]


@MANY
@given(truth=MASKS, found=MASKS)
def test_turning_the_picture_changes_nothing(truth, found):
    scores = evaluation.surface_scores(truth, found, (1, 3))
    assert evaluation.surface_scores(truth.T, found.T, (3, 1)) == pytest.approx(scores)
    assert evaluation.surface_scores(truth[::-1], found[::-1], (1, 3)) == pytest.approx(scores)


@MANY
@given(truth=MASKS, found=MASKS, tolerances=st.tuples(st.floats(0, 12), st.floats(0, 12)))
def test_more_tolerance_never_costs(truth, found, tolerances):
    low, high = sorted(tolerances)
    strict, mild = (evaluation.surface_scores(truth, found, tolerance=value)["nsd"] for value in (low, high))
    assert strict <= mild


def _blobs(shape, seed):
    rng = np.random.default_rng(seed)
    return [cv2.GaussianBlur(rng.random(shape), (0, 0), 5) > 0.5 for _ in range(2)]


@pytest.mark.parametrize("shape", [(60, 90), (200, 130), (300, 400)])
def test_wide_bands_are_those_of_the_authors(shape):
    """Repeated erosion by 3 × 3 pixels on the whole image, as the authors of boundary IoU do it."""
    width = max(1, round(0.02 * np.hypot(*shape)))
    assert width > 1
    for seed in range(5):
        truth, found = _blobs(shape, seed)
        bands = []
        for mask in (truth, found):
            padded = np.pad(mask.astype(np.uint8), 1)
            bands.append(mask & ~cv2.erode(padded, np.ones((3, 3)), iterations=width)[1:-1, 1:-1].astype(bool))
        expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
        assert evaluation.surface_scores(truth, found)["boundary_iou"] == pytest.approx(expected, abs=1e-6)


def test_uneven_spacing_agrees_with_medpy():
    binary = pytest.importorskip("medpy.metric.binary")
    for seed in range(20):
        truth, found = _blobs((60, 90), seed)
        scores = evaluation.surface_scores(truth, found, (0.3, 0.7))
        assert scores["hd95_mm"] == pytest.approx(binary.hd95(found, truth, (0.3, 0.7)), abs=1e-6)
        assert scores["assd_mm"] == pytest.approx(binary.assd(found, truth, (0.3, 0.7)), abs=1e-6)


class _Counting:
    """Predicts the true masks one after the other, and notes how many were asked for together."""

    def to_mask(self, probability):
        return probability >= 0.5

    def __init__(self, samples):
        self.maps = iter([datasets.read_mask(sample.mask).astype(np.float32) for sample in samples])
        self.batches = []

    def predict_batch(self, images):
        self.batches.append(len(images))
        return [next(self.maps) for _ in images]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return datasets.load("phantom", tmp_path_factory.mktemp("steps") / "p", n=30, size=32)


def test_rows_keep_the_order_of_the_samples(samples, monkeypatch):
    from keras_rau.evaluation import scoring

    score = scoring.mask_scores

    def slow_at_random(truth, found, *arguments, **options):
        time.sleep(float(truth.mean()) / 20)
        return score(truth, found, *arguments, **options)

    monkeypatch.setattr(scoring, "mask_scores", slow_at_random)
    predictor = _Counting(samples[::-1])
    rows, summary = evaluation.evaluate(predictor, samples[::-1])
    assert [row["id"] for row in rows] == [sample.id for sample in samples[::-1]]
    assert predictor.batches == [8, 8, 8, 6]
    assert summary["dice"] == 1


class _Seeing:
    """Gives whatever it is shown as the map of the lesion, but refuses one image."""

    def __init__(self, refused):
        self.refused = refused

    def to_mask(self, probability):
        return probability >= 0.5

    def predict_batch(self, images):
        if any(np.array_equal(image, self.refused) for image in images):
            raise ExportError("The model gave NaN.")
        return [image[..., 0] / np.float32(255) for image in images]


def test_what_cannot_be_scored_is_named_after_the_others_have_been(samples, tmp_path):
    broken = list(samples)
    broken[0] = replace(samples[0], mask=None)
    (tmp_path / "no_image.jpg").write_bytes(b"damaged")
    broken[17] = replace(samples[17], image=tmp_path / "no_image.jpg")
    refused = datasets.read_sample(samples[29])[0]
    before = threading.active_count()
    with pytest.raises(evaluation.IncompleteScores) as caught:
        evaluation.evaluate(_Seeing(refused), broken)
    assert threading.active_count() == before
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("3 of 30 images cannot be scored")
    assert f"{samples[0].id} has no mask" in lines[1]
    assert "no_image.jpg" in lines[2]
    assert f"{samples[29].image}: The model gave NaN." in lines[3]
    assert [row["id"] for row in caught.value.rows] == [samples[n].id for n in range(30) if n not in (0, 17, 29)]
