"""Images and masks whose EXIF tags and sizes say how they lie on each other."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from keras_rau import datasets
from keras_rau.datasets.reading.opening import FileProblem
from tests.data.small_files import COLOURS, LESION, tagged


def _pair(folder, orientation, mask, own=1, shape=(20, 30)):
    image = tagged(folder / "i.png", np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8), orientation)
    return image, tagged(folder / "m.png", mask * np.uint8(255), own)


def _turned(values, orientation):
    image = Image.fromarray(values)
    image.getexif()[274] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def _ambiguous(image, mask):
    found = datasets.examine(datasets.Sample("a", image, mask, "folder")).findings
    assert {finding.kind for finding in found} <= {"orientation_ambiguous"}
    return bool(found)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_follows_the_grid_its_size_matches(tmp_path, orientation):
    upright = _turned(LESION, orientation)
    for drawn_on, own in ((upright, 1), (LESION, 1), (LESION, orientation), (upright, orientation)):
        image, path = _pair(tmp_path, orientation, drawn_on, own)
        pixels, mask = datasets.read_pair(image, path)
        assert pixels.shape[:2] == (30, 20)
        np.testing.assert_array_equal(mask, upright)
        assert not _ambiguous(image, path)


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_where_both_grids_fit_the_mask_is_taken_as_it_is_and_listed(tmp_path, orientation):
    image, path = _pair(tmp_path, orientation, LESION)
    np.testing.assert_array_equal(datasets.read_pair(image, path)[1], LESION)
    assert _ambiguous(image, path)
    image, path = _pair(tmp_path, orientation, LESION, own=orientation)
    np.testing.assert_array_equal(datasets.read_pair(image, path)[1], _turned(LESION, orientation))
    assert not _ambiguous(image, path)


def test_square_images(tmp_path):
    square = np.zeros((20, 20), np.uint8)
    square[2:9, 4:17] = 1
    image, path = _pair(tmp_path, 6, square, shape=(20, 20))
    np.testing.assert_array_equal(datasets.read_pair(image, path)[1], square)
    assert _ambiguous(image, path)
    symmetric = np.zeros((20, 20), np.uint8)
    symmetric[5:15, 5:15] = 1
    image, path = _pair(tmp_path, 6, symmetric, shape=(20, 20))
    assert not _ambiguous(image, path)


def test_a_tag_of_the_mask_alone_is_followed_and_listed(tmp_path):
    image, path = _pair(tmp_path, 1, LESION, own=3)
    np.testing.assert_array_equal(datasets.read_pair(image, path)[1], LESION[::-1, ::-1])
    assert _ambiguous(image, path)


def test_tiff_images_and_masks_turn_like_others(tmp_path):
    upright = _turned(LESION, 6)
    image = tagged(tmp_path / "i.tif", COLOURS, 6)
    for name, values, own in (("m.png", LESION, 1), ("m.tif", LESION, 6), ("m.tif", LESION, 1), ("m.tif", upright, 1)):
        path = tagged(tmp_path / name, values * np.uint8(255), own)
        np.testing.assert_array_equal(datasets.read_pair(image, path)[1], upright)


def test_a_mask_of_another_size_is_refused(tmp_path):
    image, path = _pair(tmp_path, 6, LESION[:15])
    with pytest.raises(FileProblem, match=r"m.png is 30×15 pixels, its image .*i.png 20×30") as caught:
        datasets.read_pair(image, path)
    assert caught.value.kind == "size_differs"
