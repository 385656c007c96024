"""What may be done to a prediction at test time."""

import numpy as np
import pytest

from keras_rau import export
from keras_rau.errors import UsageError
from keras_rau.export.refinement import Refinement


@pytest.mark.parametrize("augment", [None, "flips", "dihedral"])
def test_a_model_that_is_turned_with_its_image_loses_nothing(augment):
    batch = np.random.default_rng(0).random((2, 6, 6, 3)).astype("float32")
    found = Refinement(augment=augment).average(lambda images: images[..., :1] ** 2, batch)
    np.testing.assert_allclose(found, batch[..., :1] ** 2, rtol=1e-6)


@pytest.mark.parametrize(("augment", "views"), [("flips", 4), ("dihedral", 8)])
def test_the_mean_is_over_different_views(augment, views):
    seen = []

    def by_row(images):
        """Sees nothing but where a pixel lies, so that the mean over all flips is the same everywhere."""
        seen.append(images)
        rows = np.arange(4, dtype="float32")[None, :, None, None]
        return np.broadcast_to(rows, (1, 4, 4, 1))

    image = np.random.default_rng(0).random((1, 4, 4, 1)).astype("float32")
    found = Refinement(augment=augment).average(by_row, image)
    np.testing.assert_allclose(found, 1.5)
    assert len({view.tobytes() for view in seen}) == views


def test_flips_of_a_frame_that_is_not_square():
    batch = np.random.default_rng(0).random((1, 4, 6, 3)).astype("float32")
    found = Refinement(augment="flips").average(lambda images: images[..., :1], batch)
    np.testing.assert_allclose(found, batch[..., :1], rtol=1e-6)
    with pytest.raises(UsageError, match="4×6 pixels: use 'flips'"):
        Refinement(augment="dihedral").check_size((4, 6))


def _mask(*rows):
    return np.array([[int(letter) for letter in row] for row in rows], np.uint8)


def test_the_largest_part():
    mask = _mask("11000", "00100", "00001", "10001")
    np.testing.assert_array_equal(Refinement(largest=True).clean(mask), _mask("11000", "00100", "00000", "00000"))
    for same in (np.zeros((3, 3), np.uint8), np.ones((3, 3), np.uint8)):
        np.testing.assert_array_equal(Refinement(largest=True).clean(same), same)


def test_holes():
    mask = _mask("111110", "100010", "101010", "111110", "000000")
    wanted = _mask("111110", "111110", "111110", "111110", "000000")
    np.testing.assert_array_equal(Refinement(fill_holes=True).clean(mask), wanted)
    # A ring closed by corners is closed; a bay at the border is none.
    np.testing.assert_array_equal(
        Refinement(fill_holes=True).clean(_mask("010", "101", "010")), _mask("010", "111", "010")
    )
    bay = _mask("101", "101", "111")
    np.testing.assert_array_equal(Refinement(fill_holes=True).clean(bay), bay)
    for same in (np.zeros((3, 3), np.uint8), np.ones((3, 3), np.uint8)):
        np.testing.assert_array_equal(Refinement(fill_holes=True).clean(same), same)


def test_what_is_stated():
    assert Refinement().stated() == {}
    assert Refinement("flips", fill_holes=True).stated() == {"augment": "flips", "fill_holes": True}


def test_arguments():
    with pytest.raises(UsageError, match="augment='flip'"):
        Refinement(augment="flip")
    with pytest.raises(UsageError, match=r"threshold=1\.2"):
        export.Predictor("nothing.tflite", threshold=1.2)
