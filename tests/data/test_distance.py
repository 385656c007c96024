"""The signed distance, and the pipeline that delivers it."""

import numpy as np

from keras_rau import datasets


def test_against_all_pairs_of_pixels():
    rng = np.random.default_rng(0)
    for index in range(20):
        mask = datasets.draw_phantom(1, index, 32)[1] if index % 2 else (rng.random((9, 14)) > 0.5).astype("uint8")
        lesion, skin = np.argwhere(mask), np.argwhere(mask == 0)
        found = datasets.signed_distance(mask)
        for (y, x), inside in np.ndenumerate(mask):
            nearest = np.sqrt(((np.array([y, x]) - (skin if inside else lesion)) ** 2).sum(1).min())
            assert abs(found[y, x] - (1 - nearest if inside else nearest)) < 1e-5


def test_no_border_no_distance():
    for mask in (np.zeros((5, 6)), np.ones((5, 6))):
        assert (datasets.signed_distance(mask) == 0).all()


def test_the_pipeline_measures_the_augmented_mask(phantoms):
    plain = datasets.pipeline(phantoms, 32, augment="strong", shuffle_seed=1)
    both = datasets.pipeline(phantoms, 32, augment="strong", shuffle_seed=1, target="distance")
    for (_, mask), (_, target) in zip(plain, both, strict=True):
        assert target.shape[1:] == (32, 32, 2)
        np.testing.assert_array_equal(target[..., :1], mask)
        for one, distance in zip(mask.numpy()[..., 0], target.numpy()[..., 1], strict=True):
            np.testing.assert_array_equal(distance, datasets.signed_distance(one))
