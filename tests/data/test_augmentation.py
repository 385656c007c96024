"""Augmentation: image and mask alike, a pure function of (seed, epoch, index), and no field without effect."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import tensorflow as tf

from keras_rau.datasets.augmentation import POLICIES, Policy, augment, sample_seed
from keras_rau.datasets.geometry import fit_image, fit_mask
from keras_rau.datasets.sources.phantom_drawing import draw_phantom

STILL = Policy(dihedral=False)
# A strength for every field, and what must be on beside it to see it.
STRENGTHS = {
    "dihedral": True,
    "rotation": 90,
    "scale": 0.5,
    "shift": 0.3,
    "shear": 20,
    "aspect": 0.3,
    "elastic": 0.08,
    "brightness": 0.3,
    "contrast": 0.3,
    "saturation": 0.5,
    "hue": 60,
    "tint": 0.2,
    "gamma": 0.5,
    "blur": 0.03,
    "sharpen": 3,
    "noise": 20,
    "jpeg": 90,
    "degradation": 1.0,
    "hair": 1.0,
    "hairs": 1,
    "vignette": 1.0,
    "dropout": 1.0,
    "dropout_boxes": 1,
    "dropout_size": 0.1,
}
NEEDS = {
    **{name: {"degradation": 1.0} for name in ("blur", "sharpen", "noise", "jpeg")},
    "degradation": {"noise": 20},
    "hairs": {"hair": 1.0},
    "dropout_boxes": {"dropout": 1.0},
    "dropout_size": {"dropout": 1.0},
}
GEOMETRIC = ("dihedral", "rotation", "scale", "shift", "shear", "aspect", "elastic")
MOVING = {name: replace(STILL, **{name: STRENGTHS[name]}) for name in GEOMETRIC}
MOVING["all"] = replace(STILL, **{name: STRENGTHS[name] for name in GEOMETRIC})


def _run(image, mask, policy, index=0, epoch=0, seed=0):
    key = sample_seed(seed, tf.constant(epoch, tf.int64), tf.constant(index, tf.int64))
    new_image, new_mask = augment(tf.constant(image), tf.constant(mask), policy, key)
    assert new_image.dtype == new_mask.dtype == tf.float32
    return new_image.numpy(), new_mask.numpy()


def _phantom(index=4, shape=(48, 48)):
    image, mask = draw_phantom(0, index, 64)
    return fit_image(image, shape, "squash"), fit_mask(mask, shape, "squash")[..., None]


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_image_and_mask_move_alike(name, shape):
    """The image is a copy of the mask: where it is at least half white after the move, the mask must be lesion."""
    _, mask = _phantom(2, shape)
    moved = 0
    for index in range(12):
        image, target = _run(np.repeat(mask * 255, 3, -1), mask, MOVING[name], index)
        np.testing.assert_array_equal(image >= 127.5, np.repeat(target, 3, -1) > 0)
        assert set(np.unique(target)) <= {0.0, 1.0}
        moved += target.any() and not np.array_equal(target, mask)
    assert moved > 6


def test_quarter_turns_and_flips_are_exact():
    values = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    turned = [np.rot90(values, k) for k in range(4)]
    wanted = {np.ascontiguousarray(one).tobytes() for image in turned for one in (image, image[:, ::-1])}
    mask = np.zeros((5, 5, 1), np.uint8)
    found = {_run(values, mask, Policy(), index)[0].astype(np.uint8).tobytes() for index in range(60)}
    assert found == wanted
    found = {_run(values[:3], mask[:3], Policy(), index)[0].astype(np.uint8).tobytes() for index in range(60)}
    half = [values[:3], values[:3][::-1, ::-1]]
    assert found == {np.ascontiguousarray(one).tobytes() for image in half for one in (image, image[:, ::-1])}


def test_a_shift_goes_as_far_as_it_says():
    mask = np.zeros((40, 80, 1), np.uint8)
    mask[18:22, 36:44] = 1
    moves = []
    for index in range(60):
        _, target = _run(np.repeat(mask * 255, 3, -1), mask, replace(STILL, shift=0.25), index)
        rows, columns = np.nonzero(target[..., 0])
        moves.append([rows.mean() - 19.5, columns.mean() - 39.5])
    reach = np.abs(moves).max(0)
    assert (reach <= [10.5, 20.5]).all()
    assert (reach > [8, 16]).all()


def test_an_elastic_distortion_keeps_its_reach_and_is_smooth():
    """In an image whose colour is the place, the change of colour is the displacement."""
    place = np.arange(100, 164, dtype=np.uint8)
    image = np.stack(np.broadcast_arrays(place[:, None], place[None, :], place[:, None]), -1)
    mask = np.zeros((64, 64, 1), np.uint8)
    largest = 0
    for index in range(30):
        change = (_run(image, mask, replace(STILL, elastic=0.1), index)[0] - image)[8:-8, 8:-8]
        largest = max(largest, np.abs(change).max())
        assert np.abs(np.diff(change, axis=0)).max() <= 2
    assert 3 < largest <= 0.1 * 64 + 1


def test_without_reach_nothing_changes():
    rng = np.random.default_rng(0)
    image, mask = rng.integers(0, 256, (9, 14, 3), np.uint8), rng.integers(0, 2, (9, 14, 1), np.uint8)
    for policy in (STILL, None):
        for cast in (np.uint8, np.float32):
            for found, given in zip(_run(image.astype(cast), mask.astype(cast), policy), (image, mask), strict=True):
                np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize("name", [field.name for field in fields(Policy)])
def test_every_field_has_an_effect_and_only_geometry_moves_the_mask(name):
    image, mask = _phantom(shape=(64, 64))
    without = replace(STILL, **NEEDS.get(name, {}))
    with_it = replace(without, **{name: STRENGTHS[name]})
    pairs = [(_run(image, mask, without, index), _run(image, mask, with_it, index)) for index in range(12)]
    assert any(not np.array_equal(one[0], other[0]) for one, other in pairs)
    if name not in GEOMETRIC:
        assert all(np.array_equal(other[1], mask) for _, other in pairs)


def test_one_part_does_not_change_the_draws_of_another():
    image, mask = _phantom()
    light = POLICIES["light"]
    for index in range(4):
        plain, hairy = (_run(image, mask, policy, index) for policy in (light, replace(light, hair=1.0)))
        np.testing.assert_array_equal(plain[1], hairy[1])
        assert not np.array_equal(plain[0], hairy[0])


def test_probabilities():
    image, mask = _phantom()
    for name, needs in (("hair", {}), ("vignette", {}), ("dropout", {}), ("degradation", {"noise": 50})):
        policy = replace(STILL, **{name: 0.3}, **needs)
        changed = sum(not np.array_equal(_run(image, mask, policy, index)[0], image) for index in range(150))
        # binomial, 4 standard deviations
        assert abs(changed - 45) < 23, name


def test_hairs_are_thin_and_dark_and_boxes_have_the_mean_colour():
    image, mask = np.full((96, 96, 3), 180, np.uint8), np.zeros((96, 96, 1), np.uint8)
    for index in range(6):
        hairy, _ = _run(image, mask, replace(STILL, hair=1.0, hairs=3), index)
        assert hairy.min() < 150
        assert hairy.max() == 180
        assert 0 < (hairy[..., 0] < 175).mean() < 0.15
    image[:, :48] = 100
    for index in range(6):
        dropped, _ = _run(image, mask, replace(STILL, dropout=1.0, dropout_size=0.5), index)
        assert set(np.unique(dropped)) == {100, 140, 180}
        assert 0.01 < (dropped[..., 0] == 140).mean() < 0.95


def test_a_vignette_darkens_corners_only():
    image, mask = np.full((60, 80, 3), 200, np.uint8), np.ones((60, 80, 1), np.uint8)
    dark, _ = zip(*[_run(image, mask, replace(STILL, vignette=1.0), index) for index in range(30)], strict=True)
    assert all((one[22:38, 22:58] == 200).all() for one in dark)
    # From black to dim, as large a part as the circle leaves.
    corners = np.array(dark)[:, 0, 0, 0]
    assert corners.min() < 40
    assert (corners < 160).mean() > 0.4
    # From a sharp edge to a slow fall, along the upper side.
    widths = [((one[0, :, 0] < 200) & (one[0, :, 0] > one[0].min())).sum() for one in dark]
    assert sorted(widths)[5] <= 3
    assert max(widths) > 15


def test_a_changed_aspect_ratio_squashes_picture_and_vignette_alike():
    x, y = np.meshgrid(np.arange(96) - 47.5, np.arange(96) - 47.5)
    disc = (np.hypot(x, y) < 24).astype(np.uint8)[..., None]
    image = np.repeat(np.where(disc, 90, 200).astype(np.uint8), 3, axis=2)
    ratios = []
    for index in range(30):
        _, found = _run(image, disc, replace(STILL, aspect=0.33), index)
        ratios.append(found[:, 48, 0].sum() / found[48, :, 0].sum())
        assert abs(found.sum() / disc.sum() - 1) < 0.04
    assert 0.72 < min(ratios) < 0.85
    assert 1.18 < max(ratios) < 1.39


def test_colours_change_as_the_names_say():
    image = np.full((8, 8, 3), (120, 80, 60), np.uint8)
    image[:4] += 20
    mask = np.zeros((8, 8, 1), np.uint8)

    def many(**changes):
        return np.stack([_run(image, mask, replace(STILL, **changes), index)[0] for index in range(20)])

    gain = many(brightness=0.2).mean((1, 2, 3)) / image.mean()
    assert 0.79 < gain.min() < 0.9 < 1.1 < gain.max() < 1.21
    np.testing.assert_allclose(many(contrast=0.5).mean((1, 2)) - image.mean((0, 1)), 0, atol=1)
    for changes in ({"saturation": 0.6}, {"hue": 40}):
        np.testing.assert_allclose(many(**changes).mean(-1), np.broadcast_to(image.mean(-1), (20, 8, 8)), atol=1)
    grey = np.full((8, 8, 3), 90, np.uint8)
    for changes in ({"saturation": 1.0}, {"hue": 180}):
        np.testing.assert_allclose(_run(grey, mask, replace(STILL, **changes))[0], grey, atol=1)


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if policy])
@pytest.mark.parametrize("shape", [(48, 48), (40, 56)])
def test_policies_stay_in_range_and_depend_on_seed_epoch_and_index_only(name, shape):
    image, mask = _phantom(shape=shape)
    kept = image.copy(), mask.copy()
    policy = POLICIES[name]
    first = _run(image, mask, policy, index=2, epoch=1)
    assert first[0].shape == (*shape, 3)
    assert first[1].shape == (*shape, 1)
    assert first[0].min() >= 0
    assert first[0].max() <= 255
    assert set(np.unique(first[1])) <= {0.0, 1.0}
    again = _run(image.astype(np.float32), mask.astype(np.float32), policy, index=2, epoch=1)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    for changed in ({"index": 3, "epoch": 1}, {"index": 2, "epoch": 2}, {"index": 2, "epoch": 1, "seed": 1}):
        assert not np.array_equal(first[0], _run(image, mask, policy, **changed)[0])
    for one, other in zip(kept, (image, mask), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["light", "strong"])
def test_the_number_of_threads_does_not_matter(name):
    image, mask = (tf.constant(values) for values in _phantom(shape=(64, 64)))
    epoch = tf.constant(3, tf.int64)

    def collect(parallel):
        dataset = tf.data.Dataset.range(40).map(
            lambda index: augment(image, mask, POLICIES[name], sample_seed(5, epoch, index)),
            num_parallel_calls=parallel,
        )
        assert [tuple(spec.shape) for spec in dataset.element_spec] == [(64, 64, 3), (64, 64, 1)]
        return [np.stack(values) for values in zip(*dataset.as_numpy_iterator(), strict=True)]

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    alone = collect(None)
    cv2.setNumThreads(threads)
    for parallel in (4, tf.data.AUTOTUNE):
        for one, other in zip(alone, collect(parallel), strict=True):
            np.testing.assert_array_equal(one, other)
    eager = _run(image.numpy(), mask.numpy(), POLICIES[name], index=39, epoch=3, seed=5)
    for one, other in zip(alone, eager, strict=True):
        np.testing.assert_array_equal(one[-1], other)
