"""At which probability a pixel is best called lesion."""

import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.evaluation.thresholds import THRESHOLDS, best_threshold, dice_by_threshold


def test_the_best_one_is_found(tmp_path):
    samples = datasets.load("phantom", tmp_path / "p", n=10, size=32)
    masks = iter([datasets.read_mask(sample.mask) for sample in samples])

    class Low:
        """Lesion at 0.34, skin at 0.22."""

        def predict_batch(self, images):
            return [np.where(next(masks), 0.34, 0.22).astype("float32") for _ in images]

    scores = dice_by_threshold(Low(), samples)
    assert tuple(scores) == THRESHOLDS
    assert [value for value, score in scores.items() if score == 1] == [0.25, 0.3]
    assert best_threshold(scores) == 0.3
    assert scores[0.5] == 0
    assert 0 < scores[0.2] < 1


def test_nothing_to_choose_by():
    with pytest.raises(RauError, match="no images"):
        dice_by_threshold(None, [])
