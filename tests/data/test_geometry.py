"""Resizing there and back, and augmentation of image and mask alike."""

import numpy as np
import pytest
import tensorflow as tf

from keras_rau.datasets.augmentation import POLICIES, Policy, augment, get_policy, sample_seed, warp
from keras_rau.datasets.geometry import as_size, fit_image, fit_mask, restore
from keras_rau.datasets.sources.phantom_drawing import draw_phantom

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


GEOMETRIC = {
    "dihedral": Policy(),
    "rotation": Policy(dihedral=False, rotation=90),
    "scale": Policy(dihedral=False, scale=0.5),
    "shift": Policy(dihedral=False, shift=0.3),
    "all": Policy(rotation=45, scale=0.4, shift=0.2),
}


@pytest.mark.parametrize("name", GEOMETRIC)
@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_image_and_mask_move_alike(name, shape, monkeypatch):
    """With the image a copy of the mask, and warped by the same rule, both must stay equal."""
    import keras_rau.datasets.augmentation as module

    monkeypatch.setattr(module, "warp", lambda values, matrix, interpolation: warp(values, matrix, "NEAREST"))
    _, mask = draw_phantom(1, 2, 64)
    mask = tf.constant(fit_mask(mask, shape, "squash")[..., None], tf.float32)
    moved = 0
    for index in range(12):
        seed = sample_seed(0, tf.constant(0, tf.int64), tf.constant(index, tf.int64))
        image, target = augment(tf.repeat(mask, 3, -1) * 255, mask, GEOMETRIC[name], seed)
        np.testing.assert_allclose(image.numpy(), np.repeat(target.numpy(), 3, -1) * 255, atol=1e-3)
        assert set(np.unique(target.numpy())) <= {0.0, 1.0}
        moved += not np.array_equal(target.numpy(), mask.numpy())
    assert moved > 6


def test_quarter_turns_and_flips_are_exact():
    values = tf.constant(np.arange(16, dtype=np.float32).reshape(4, 4, 1))
    wanted = {turned.tobytes() for k in range(4) for turned in _both(np.rot90(values.numpy()[..., 0], k))}
    found = set()
    for index in range(60):
        seed = sample_seed(0, tf.constant(0, tf.int64), tf.constant(index, tf.int64))
        _, moved = augment(tf.repeat(values, 3, -1), values, Policy(), seed)
        found.add(moved.numpy()[..., 0].tobytes())
    assert found == wanted


def _both(square):
    return np.ascontiguousarray(square), np.ascontiguousarray(square[:, ::-1])


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if policy])
def test_policies_stay_in_range_and_depend_on_seed_epoch_and_index_only(name):
    image, mask = draw_phantom(0, 4, 64)
    image, mask = tf.constant(image, tf.float32), tf.constant(mask[..., None], tf.float32)

    def run(seed, epoch, index):
        key = sample_seed(seed, tf.constant(epoch, tf.int64), tf.constant(index, tf.int64))
        return [values.numpy() for values in augment(image, mask, POLICIES[name], key)]

    first = run(0, 1, 2)
    assert first[0].min() >= 0
    assert first[0].max() <= 255
    assert set(np.unique(first[1])) <= {0.0, 1.0}
    for one, other in zip(first, run(0, 1, 2), strict=True):
        np.testing.assert_array_equal(one, other)
    for changed in ((1, 1, 2), (0, 2, 2), (0, 1, 3)):
        assert not np.array_equal(first[0], run(*changed)[0])


def test_unknown_policy():
    with pytest.raises(ValueError, match="Did you mean 'light'"):
        get_policy("ligth")
