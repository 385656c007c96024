"""Real images, from the folder that KERAS_RAU_DATA names."""

import os
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from keras_rau import datasets

ROOT = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))
pytestmark = [pytest.mark.real, pytest.mark.skipif(not ROOT.is_dir(), reason="KERAS_RAU_DATA names no folder")]


@pytest.mark.parametrize(
    ("name", "folder", "count"),
    [("isic2018", "ISIC2018", 2075), ("ph2", "PH2Dataset", 100), ("ham10000", "HAM10000", 1000)],
)
def test_loads_completely_and_nothing_is_wrong(name, folder, count):
    samples = datasets.load(name, ROOT / folder)
    assert len(samples) == count
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        datasets.check(samples)
    said = [str(warning.message) for warning in caught]
    # The one true oddity: a mask that covers its whole image.
    assert [("ISIC_0029819" in text, "whole image" in text) for text in said] == [(True, True)] * (name == "ham10000")


def test_ph2_masks_equal_those_of_opencv():
    for sample in datasets.load("ph2", ROOT / "PH2Dataset"):
        wanted = cv2.imread(str(sample.mask), cv2.IMREAD_GRAYSCALE) > 127
        np.testing.assert_array_equal(datasets.read_mask(sample.mask) > 0, wanted)
