"""Scores, summaries and overlays of several classes; what is not comparable is refused."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.datasets.classes.description import IGNORED
from keras_rau.errors import UsageError
from keras_rau.evaluation import (
    breakdown,
    class_overlay,
    dice_by_threshold,
    evaluate,
    image_scores,
    mask_scores,
    summarise,
    table,
    write_worst,
)
from keras_rau.evaluation.class_scores import split_classes
from keras_rau.evaluation.paired import lower_is_better
from keras_rau.outputs import Outputs

THREE = Outputs(("background", "lesion", "globules"))
TWO = Outputs(("lesion", "globules"), overlapping=True)
NESTED = {0: [], 1: ["lesion"], 2: ["lesion", "globules"]}


@dataclass
class Fake:
    """A predictor that finds what it is told."""

    outputs: Outputs
    found: dict[bytes, np.ndarray] = field(default_factory=dict)

    def learn(self, samples: Any) -> "Fake":
        """Find the truth of these samples."""
        for sample in samples:
            image, truth = datasets.read_sample(sample)
            channels = truth if truth.ndim == 3 else truth[..., None] == np.arange(self.outputs.channels)
            self.found[image.tobytes()] = np.asarray(channels, np.float32)
        return self

    def predict_batch(self, images: Any) -> list[np.ndarray]:
        """Probabilities."""
        return [self.found[image.tobytes()] for image in images]

    def to_mask(self, probabilities: np.ndarray) -> np.ndarray:
        """Masks."""
        return self.outputs.decide(probabilities)

    def predict(self, image: np.ndarray) -> np.ndarray:
        """Mask of an image."""
        return self.to_mask(self.predict_batch([image])[0])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Phantoms of three classes."""
    folder = tmp_path_factory.mktemp("scores") / "phantoms"
    datasets.load("phantom", folder, n=5, size=48, classes=3)
    return folder


def test_each_class_is_scored_against_the_rest_and_the_mean_leaves_the_background_out():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 3, (2, 12, 9)).astype(np.uint8)
    scores = mask_scores(truth, found, THREE)
    each = [image_scores(truth == number, found == number) for number in range(3)]
    assert scores["dice_globules"] == each[2]["dice"]
    assert scores["dice"] == pytest.approx((each[1]["dice"] + each[2]["dice"]) / 2)
    assert scores["miou"] == pytest.approx(np.mean([one["iou"] for one in each]))
    assert scores["accuracy"] == pytest.approx(np.mean(truth == found))


def test_overlapping_classes_are_scored_each_on_its_own():
    truth, found = np.random.default_rng(0).integers(0, 2, (2, 12, 9, 2)).astype(np.uint8)
    scores = mask_scores(truth, found, TWO)
    each = [image_scores(truth[..., channel], found[..., channel]) for channel in range(2)]
    for key in each[0]:
        assert scores[key] == pytest.approx((each[0][key] + each[1][key]) / 2)
        assert scores[f"{key}_globules"] == each[1][key]


def test_pixels_that_count_nothing_change_no_score():
    truth = np.array([[0, 1, 2, 2], [0, 1, 2, 0]], np.uint8)
    found = np.array([[0, 1, 1, 2], [0, 1, 2, 1]], np.uint8)
    scores = mask_scores(truth[:, :3], found[:, :3], THREE)
    truth[:, 3] = IGNORED
    assert mask_scores(truth, found, THREE) == scores
    truth[truth == 2] = 0
    lesion = mask_scores(truth, np.minimum(found, 1), Outputs(("x",)), surface=True)
    assert lesion["accuracy"] == image_scores(truth[:, :3] == 1, found[:, :3] >= 1)["accuracy"]


def test_one_lesion_class_is_scored_as_ever():
    truth, found = np.random.default_rng(0).integers(0, 2, (2, 12, 9)).astype(np.uint8)
    assert mask_scores(truth, found, Outputs()) == image_scores(truth, found)


def test_names_of_classes_that_end_like_scores_are_told_from_them():
    names = ("jaccard", "iou", "thin vessel", "vessel")
    row = {"id": "a", "threshold_jaccard": 0.1, "iou": 0.2, "miou": 0.3, "dice_jaccard": 0.4, "dice_iou": 0.5}
    row |= {"threshold_jaccard_jaccard": 0.6, "iou_thin vessel": 0.7, "iou_vessel": 0.8}
    rest, by_class = split_classes(row, names)
    assert list(rest) == ["id", "threshold_jaccard", "iou", "miou"]
    assert by_class["jaccard"] == {"dice": 0.4, "threshold_jaccard": 0.6}
    assert (by_class["thin vessel"], by_class["vessel"]) == ({"iou": 0.7}, {"iou": 0.8})
    assert lower_is_better("hd95_vessel")
    assert not lower_is_better("dice_hd95")


@pytest.mark.parametrize(("classes", "outputs"), [(3, THREE), (NESTED, TWO)])
def test_a_data_set_is_scored_by_class(root, tmp_path, classes, outputs):
    samples = datasets.load("phantom", root, classes=classes)
    predictor = Fake(outputs).learn(samples)
    missed = datasets.read_sample(samples[0])[0].tobytes()
    predictor.found[missed] = np.roll(predictor.found[missed], 9, axis=0)
    rows, result = evaluate(predictor, samples, surface=True)
    assert list(result["by_class"]) == list(outputs.foreground)
    found = result["by_class"]["globules"]
    assert found["dice"] == pytest.approx(np.mean([row["dice_globules"] for row in rows]))
    assert found["ci95"]["dice"][0] <= found["dice"] <= found["ci95"]["dice"][1]
    assert found["n_present"] == 5
    assert "dice_globules" not in result
    assert result["dice"] == pytest.approx(np.mean([one["dice"] for one in result["by_class"].values()]))
    assert "dice globules" in table(result).columns[0]._cells
    assert "by_class" in breakdown(rows, samples, "source")["phantom"]
    breakdown(rows, samples, "lesion_size")
    written = write_worst(predictor, samples, rows, tmp_path / "worst", count=2)
    assert written[0].name.startswith("01_phantom_00000")


def test_one_lesion_class_has_the_keys_it_always_had(tmp_path):
    samples = datasets.load("phantom", tmp_path / "p", n=2, size=32)
    predictor = Fake(Outputs())
    for sample in samples:
        image, truth = datasets.read_sample(sample)
        predictor.found[image.tobytes()] = truth.astype(np.float32)
    rows, result = evaluate(predictor, samples)
    assert list(rows[0]) == ["id", "dice", "iou", "miou", "threshold_jaccard", "accuracy", "sensitivity", "specificity"]
    assert list(result) == ["n_images", *list(rows[0])[1:], "ci95", "seconds"]
    assert list(summarise(rows)) == list(result)[:-1]


def test_other_classes_than_those_of_the_masks_are_refused(root):
    samples = datasets.load("phantom", root)
    for outputs in (Outputs(), Outputs(("background", "globules", "lesion")), TWO):
        with pytest.raises(UsageError, match=r"has masks of 3 exclusive classes .*cannot be compared"):
            evaluate(Fake(outputs), samples)
    lesion = datasets.load("phantom", root, classes={0: "background", 1: "lesion", 2: "lesion"})
    with pytest.raises(UsageError, match="cannot be compared"):
        evaluate(Fake(THREE), lesion)
    evaluate(Fake(Outputs(("background", "lesion"))).learn(lesion), lesion)


def test_thresholds_are_found_of_overlapping_classes_alone(root):
    with pytest.raises(UsageError, match="no threshold to find"):
        dice_by_threshold(Fake(THREE), datasets.load("phantom", root))
    samples = datasets.load("phantom", root, classes=NESTED)
    assert set(dice_by_threshold(Fake(TWO).learn(samples), samples).values()) == {1.0}


def test_each_class_has_its_colour_in_an_overlay():
    image = np.full((300, 400, 3), 128, np.uint8)
    mask = np.zeros((300, 400), np.uint8)
    mask[50:250, 50:350], mask[100:200, 150:250] = 1, 2
    planes = np.dstack([mask > 0, mask > 1]).astype(np.uint8)
    for truth, outputs in ((mask, THREE), (planes, TWO)):
        for pair in ((truth, None), (None, truth)):
            drawn = class_overlay(image, *pair, outputs)
            assert {(255, 214, 0), (86, 180, 233)} <= {tuple(one) for one in drawn.reshape(-1, 3).tolist()}
            rims = drawn.min(axis=2).max() > 180, drawn.max(axis=2).min() < 80
            assert rims == (pair[0] is not None, pair[1] is not None)
