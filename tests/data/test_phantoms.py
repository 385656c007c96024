"""Drawn images."""

import json

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import DataError


def test_a_phantom_does_not_depend_on_the_others(tmp_path):
    few = datasets.load("phantom", tmp_path / "few", n=2, seed=5, size=48)
    many = datasets.load("phantom", tmp_path / "many", n=4, seed=5, size=48)
    for one, other in zip(few, many, strict=False):
        assert one.image.read_bytes() == other.image.read_bytes()
        assert one.mask.read_bytes() == other.mask.read_bytes()


def test_a_set_is_drawn_once_and_not_taken_for_another(tmp_path):
    first = datasets.load("phantom", tmp_path / "p", n=3, size=48)
    before = first[0].image.stat().st_mtime_ns
    assert datasets.load("phantom", tmp_path / "p") == first
    assert first[0].image.stat().st_mtime_ns == before
    with pytest.raises(DataError, match="n=3"):
        datasets.load("phantom", tmp_path / "p", n=4)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.jpg").write_text("x")
    with pytest.raises(DataError, match="not empty"):
        datasets.load("phantom", tmp_path / "full")


def test_masks_cover_what_lesions_cover():
    drawn = [datasets.draw_phantom(0, index, 64) for index in range(60)]
    areas = [mask.mean() for _, mask in drawn]
    assert 0.08 < np.median(areas) < 0.3
    assert min(areas) > 0.004
    assert all(set(np.unique(mask)) <= {0, 1} for _, mask in drawn)


def test_no_simple_threshold_solves_them():
    """Darker than the mean of the image is a poor mask on average, and far better than nothing."""
    scores = []
    for index in range(60):
        image, mask = datasets.draw_phantom(0, index, 64)
        grey = image.mean(-1)
        found = grey < grey.mean() - 0.5 * grey.std()
        scores.append(2 * (found & (mask > 0)).sum() / (found.sum() + mask.sum()))
    assert 0.3 < np.mean(scores) < 0.85


@pytest.mark.parametrize("given", [{"n": 10**9}, {"size": 2**32}, {"seed": 2**40}])
def test_numbers_that_no_disk_or_memory_holds_are_refused(tmp_path, given):
    with pytest.raises(ValueError, match="must be a whole number of"):
        datasets.load("phantom", tmp_path / "new", **given)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("classes", ["x", [1], 10**9, -1])
def test_a_record_of_odd_classes_is_refused(tmp_path, classes):
    datasets.load("phantom", tmp_path, n=1, size=32)
    record = tmp_path / "phantom.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "classes": classes}))
    with pytest.raises(DataError, match=r"phantom\.json holds no number of classes"):
        datasets.load("phantom", tmp_path)
