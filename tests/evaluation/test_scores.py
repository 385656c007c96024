"""Scores of masks, summaries and their files."""

import csv
import json

import numpy as np
import pytest

from keras_rau import evaluation, metrics
from keras_rau.errors import RauError

LEFT_HALF = np.array([[1, 1, 0, 0]] * 4)
TOP_HALF = np.array([[1] * 4] * 2 + [[0] * 4] * 2)


def test_by_hand():
    assert evaluation.image_scores(LEFT_HALF, TOP_HALF) == pytest.approx(
        {
            "dice": 0.5,
            "iou": 1 / 3,
            "miou": 1 / 3,
            "threshold_jaccard": 0,
            "accuracy": 0.5,
            "sensitivity": 0.5,
            "specificity": 0.5,
        }
    )
    nothing = np.zeros((3, 3))
    assert set(evaluation.image_scores(nothing, nothing).values()) == {1.0}
    # 13 of 20 pixels: exactly at the limit of the threshold Jaccard
    truth, found = np.zeros(20), np.zeros(20)
    truth[:20], found[:13] = 1, 1
    assert evaluation.image_scores(truth, found)["threshold_jaccard"] == 0.65
    with pytest.raises(ValueError, match="same shape"):
        evaluation.image_scores(nothing, np.zeros((2, 3)))


def test_agree_with_the_metrics_of_training():
    rng = np.random.default_rng(0)
    truth, found = rng.random((2, 30, 9, 7)) > 0.5
    rows = [evaluation.image_scores(t, f) for t, f in zip(truth, found, strict=True)]
    for metric in (
        metrics.DiceScore,
        metrics.IoU,
        metrics.MeanIoU,
        metrics.ThresholdJaccard,
        metrics.Accuracy,
        metrics.Sensitivity,
        metrics.Specificity,
    ):
        one = metric()
        one.update_state(truth.astype("float32"), found.astype("float32"))
        assert np.mean([row[one.name] for row in rows]) == pytest.approx(float(one.result()), abs=1e-6)


def test_summary_and_files(tmp_path):
    rng = np.random.default_rng(0)
    rows = [{"id": f"i{k}", **dict.fromkeys(evaluation.KEYS, float(v))} for k, v in enumerate(rng.uniform(0.5, 1, 200))]
    result = evaluation.summarise(rows)
    values = [row["dice"] for row in rows]
    assert result["n_images"] == 200
    assert result["dice"] == pytest.approx(np.mean(values))
    low, high = result["ci95"]["dice"]
    half_width = 1.96 * np.std(values) / np.sqrt(200)
    assert (high - low) / 2 == pytest.approx(half_width, rel=0.15)
    assert low < result["dice"] < high
    assert evaluation.summarise(rows) == result
    evaluation.write_json(result, tmp_path / "new" / "scores.json")
    assert json.loads((tmp_path / "new" / "scores.json").read_text()) == result
    evaluation.write_csv(rows, str(tmp_path / "scores.csv"))
    with (tmp_path / "scores.csv").open() as file:
        assert float(list(csv.DictReader(file))[3]["dice"]) == values[3]
    with pytest.raises(RauError, match="no images"):
        evaluation.summarise([])
    with pytest.raises(RauError, match="Cannot write"):
        evaluation.write_json(result, tmp_path / "scores.csv" / "x.json")


def test_overlay_draws_outlines_where_they_are():
    image = np.full((300, 400, 3), 128, np.uint8)
    truth, found = np.zeros((2, 300, 400), np.uint8)
    truth[50:150, 50:150] = 1
    found[150:250, 250:350] = 1
    drawn = evaluation.overlay(image, truth, found).astype(int)
    assert drawn.shape == image.shape
    np.testing.assert_allclose(drawn[50, 100], (0, 230, 118), atol=10)
    np.testing.assert_allclose(drawn[150, 300], (255, 214, 0), atol=10)
    assert tuple(drawn[100, 100]) == (128, 128, 128)
    assert (image == 128).all()


def test_panel_holds_every_tile():
    tiles = [
        evaluation.Tile(f"image {k}", np.full((40, 60, 3), 40 * k, np.uint8), None, np.zeros((40, 60), np.uint8), 0.5)
        for k in range(5)
    ]
    found = evaluation.panel(tiles, columns=2, side=64)
    assert found.shape == (32 + 3 * (64 + 26), 2 * (64 + 8), 3)


def test_evaluate_scores_at_the_size_of_the_mask(tmp_path):
    from keras_rau import datasets

    samples = datasets.load("phantom", tmp_path / "p", n=10, size=64)

    class Oracle:
        def to_mask(self, probability):
            return probability >= 0.5

        def __init__(self):
            self.asked = 0

        def predict_batch(self, images):
            start, self.asked = self.asked, self.asked + len(images)
            masks = [datasets.read_mask(s.mask) for s in samples[start : self.asked]]
            return [mask[::2, ::2].astype("float32") for mask in masks]

    rows, summary = evaluation.evaluate(Oracle(), samples)
    assert [row["id"] for row in rows] == [sample.id for sample in samples]
    assert 0.9 < summary["dice"] < 1
