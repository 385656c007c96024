"""Resizing there and back."""

import numpy as np
import pytest

from keras_rau.datasets.geometry import as_size, fit_image, fit_mask, restore
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import UsageError

SIZES = [(64, 64), (100, 60), (60, 100), (33, 47), (200, 31), (1, 500)]


@pytest.mark.parametrize("original", SIZES)
@pytest.mark.parametrize("resize", ["letterbox", "squash"])
def test_there_and_back(original, resize):
    image = np.random.default_rng(0).integers(0, 255, (*original, 3), np.uint8)
    fitted = fit_image(image, (64, 48), resize)
    assert fitted.shape == (64, 48, 3)
    assert fitted.dtype == np.uint8
    assert restore(fitted[..., 0].astype(np.float32), original, resize).shape == original


@pytest.mark.parametrize("resize", ["letterbox", "squash"])
def test_a_mask_comes_back_where_it_was(resize):
    mask = np.zeros((120, 200), np.uint8)
    mask[30:90, 50:130] = 1
    back = restore(fit_mask(mask, (64, 64), resize).astype(np.float32), mask.shape, resize) >= 0.5
    assert 2 * (back & (mask > 0)).sum() / (back.sum() + mask.sum()) > 0.96


def test_letterbox_keeps_the_aspect_ratio():
    mask = np.zeros((100, 200), np.uint8)
    mask[40:60, 80:120] = 1
    rows, columns = np.nonzero(fit_mask(mask, (100, 100)))
    assert np.ptp(columns) + 1 == 2 * (np.ptp(rows) + 1)


def test_free_sides_repeat_the_border():
    image = np.full((10, 20, 3), 90, np.uint8)
    image[0] = 200
    fitted = fit_image(image, (20, 20))
    assert (fitted[:5] == 200).all()


def test_masks_are_never_grey():
    _, mask = draw_phantom(0, 0, 200)
    for size in ((64, 64), (300, 300), (50, 90)):
        assert set(np.unique(fit_mask(mask, size))) <= {0, 1}


def test_same_size_is_untouched():
    image, mask = draw_phantom(0, 1, 64)
    np.testing.assert_array_equal(fit_image(image, (64, 64)), image)
    np.testing.assert_array_equal(fit_mask(mask, (64, 64)), mask)


def test_sizes():
    assert as_size(3) == (3, 3)
    for bad in (0, (1, 2, 3), (1.5, 2), "x"):
        with pytest.raises((ValueError, TypeError)):
            as_size(bad)
    with pytest.raises(ValueError, match="resize='crop'"):
        fit_image(np.zeros((4, 4, 3), np.uint8), (2, 2), "crop")


@pytest.mark.parametrize("size", [0, -1, (0, 4), (1, 2, 3), (1.5, 2)])
def test_sizes_of_no_image_are_wrong_words(size):
    with pytest.raises(UsageError, match="one positive whole number or two"):
        as_size(size)
