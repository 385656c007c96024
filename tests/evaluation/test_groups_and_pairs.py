"""Scores by group, two models in pairs, and the worst images."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from PIL import Image

from keras_rau import datasets, evaluation
from keras_rau.errors import DataError, RauError


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    found = datasets.load("phantom", tmp_path_factory.mktemp("groups") / "p", n=12, size=48)
    kinds = ["nevus", "melanoma", ""]
    return [replace(s, metadata={"diagnosis": kinds[k % 3], "grade": k % 2}) for k, s in enumerate(found)]


def _rows(samples, values):
    return [{"id": s.id, **dict.fromkeys(evaluation.KEYS, float(v))} for s, v in zip(samples, values, strict=True)]


def test_by_column(samples):
    values = np.linspace(0, 1, 12)
    rows = _rows(samples, values)
    found = evaluation.breakdown(rows, samples, "diagnosis")
    assert list(found) == ["melanoma", "nevus", "(none)"]
    assert found["nevus"]["n_images"] == 4
    assert found["nevus"]["dice"] == pytest.approx(values[0::3].mean())
    assert found["(none)"]["iou"] == pytest.approx(values[2::3].mean())
    low, high = found["melanoma"]["ci95"]["dice"]
    assert low < values[1::3].mean() < high
    assert list(evaluation.breakdown(rows, samples, "grade")) == ["0", "1"]
    assert evaluation.breakdown(rows, samples, "source")["phantom"]["n_images"] == 12
    with pytest.raises(RauError, match=r"Known: source, lesion_size, diagnosis, grade\. Received: 'age'"):
        evaluation.breakdown(rows, samples, "age")
    with pytest.raises(RauError, match="not among the samples"):
        evaluation.breakdown([{**rows[0], "id": "x"}], samples, "source")


def test_by_lesion_size(samples):
    shares = np.array([datasets.read_mask(s.mask).mean() for s in samples])
    found = evaluation.breakdown(_rows(samples, shares), samples, "lesion_size")
    assert [group["n_images"] for group in found.values()] == [3, 3, 3, 3]
    means = [group["dice"] for group in found.values()]
    assert means == pytest.approx(np.sort(shares).reshape(4, 3).mean(axis=1))
    assert next(iter(found)).startswith(f"Q1: {100 * shares.min():.1f} %")


def test_paired_comparison(samples):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 1, (2, 12))
    b[:3] = a[:3]
    found = evaluation.compare_scores(_rows(samples, a), _rows(samples, b)[::-1])
    assert found["n"] == 12
    assert found["difference"] == pytest.approx((a - b).mean())
    assert found["p_value"] == pytest.approx(scipy.stats.wilcoxon(a, b).pvalue)
    assert (found["wins"], found["ties"], found["losses"]) == ((a > b).sum(), 3, (a < b).sum())
    low, high = found["ci95"]
    assert low < found["difference"] < high
    same = evaluation.compare_scores(_rows(samples, a), _rows(samples, a))
    assert (same["difference"], same["p_value"], same["ties"]) == (0, 1, 12)


def test_of_distances_the_lower_is_better(samples):
    near, far = ([{**row, "hd95": value} for row in _rows(samples, [1] * 12)] for value in (1.0, 2.0))
    found = evaluation.compare_scores(near, far, "hd95")
    assert (found["wins"], found["difference"]) == (12, -1)


def test_a_constant_gain_is_no_chance(samples):
    a = np.linspace(0.6, 0.9, 12)
    found = evaluation.compare_scores(_rows(samples, a + 0.01), _rows(samples, a))
    assert found["ci95"] == pytest.approx([0.01, 0.01])
    assert found["p_value"] < 0.001


def test_pairs_must_be_complete(samples):
    rows = _rows(samples, [1] * 12)
    with pytest.raises(DataError, match=f"1 image.*one model only.*\n.*{rows[-1]['id']}, only in A"):
        evaluation.compare_scores(rows, rows[:-1])
    with pytest.raises(DataError, match="twice"):
        evaluation.compare_scores(rows, [*rows, rows[0]])
    with pytest.raises(DataError, match="Received: 'hd95'"):
        evaluation.compare_scores(rows, rows, "hd95")
    with pytest.raises(DataError, match="no scores of B"):
        evaluation.compare_scores(rows, [])


class _Full:
    def to_mask(self, probability):
        return probability >= 0.5

    def predict(self, image):
        return np.ones(image.shape[:2], np.uint8)


def test_worst_images(samples, tmp_path):
    values = np.arange(12) / 12
    values[5] = -1
    written = evaluation.write_worst(_Full(), samples, _rows(samples, values), tmp_path / "worst", count=3)
    assert [path.name for path in written] == [
        f"01_{samples[5].id}.png",
        f"02_{samples[0].id}.png",
        f"03_{samples[1].id}.png",
    ]
    assert datasets.read_image(written[0]).shape == (48, 48, 3)
    assert datasets.read_image(tmp_path / "worst" / "panel.png").shape[1] == 4 * (256 + 8)
    with pytest.raises(RauError, match="--worst"):
        evaluation.write_worst(_Full(), samples, _rows(samples, values), tmp_path / "worst")


def test_scoring_knows_its_time_and_adds_outlines(samples):
    class Oracle:
        def to_mask(self, probability):
            return probability >= 0.5

        def __init__(self):
            self.masks = iter([datasets.read_mask(s.mask).astype("float32") for s in samples])

        def predict_batch(self, images):
            return [next(self.masks) for _ in images]

    rows, summary = evaluation.evaluate(Oracle(), samples, surface=True, spacing=0.1)
    assert summary["dice"] == summary["nsd"] == 1
    assert summary["hd95_mm"] == summary["ci95"]["assd"][1] == 0
    assert 0 <= summary["seconds"]["model"] <= summary["seconds"]["total"]
    assert set(rows[0]) == {"id", *evaluation.KEYS, "hd95", "assd", "boundary_iou", "nsd", "hd95_mm", "assd_mm"}


def test_masks_of_another_size_are_refused(samples, tmp_path):
    mask = np.zeros((20, 48), np.uint8)
    Image.fromarray(mask).save(tmp_path / "small.png")
    with pytest.raises(RauError, match=r"small.png is 48×20 pixels, its image .* 48×48"):
        evaluation.evaluate(_Full(), [replace(samples[0], mask=tmp_path / "small.png")])


def test_files_come_back(samples, tmp_path):
    rows = _rows(samples, np.linspace(0, 1, 12))
    evaluation.write_csv(rows, tmp_path / "scores.csv")
    assert evaluation.read_csv(tmp_path / "scores.csv") == rows
    assert evaluation.read_csv(tmp_path) == rows
    with pytest.raises(DataError, match="does not exist"):
        evaluation.read_csv(tmp_path / "other.csv")
    (tmp_path / "bad.csv").write_text("id,dice\na,high\n")
    with pytest.raises(DataError, match=r"Not a table of scores .*bad.csv, line 2"):
        evaluation.read_csv(tmp_path / "bad.csv")
