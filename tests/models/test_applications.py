"""Encoders of keras.applications."""

import keras
import numpy as np
import pytest

from keras_rau.errors import RauError
from keras_rau.models.encoders.applications import APPLICATIONS, application_features
from keras_rau.models.encoders.pixel_scaling import PixelScaling
from keras_rau.models.encoders.registry import encoder_features, list_encoders, stride_of_first

_MARKS = {
    **dict.fromkeys(("mobilenet_v2", "vgg16"), ()),
    **dict.fromkeys(("efficientnet_b0", "resnet50", "densenet121"), (pytest.mark.slow,)),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=_MARKS.get(name, (pytest.mark.slow, pytest.mark.matrix))) for name in APPLICATIONS],
)
def test_feature_maps_halve_from_the_first_stride_on(name):
    image = keras.Input((64, 96, 3))
    first = stride_of_first(name)
    sizes = [feature.shape[1:3] for feature in encoder_features(name, image)]
    assert sizes == [(64 // (first * 2**level), 96 // (first * 2**level)) for level in range(5)]


def test_unknown_encoders_get_the_nearest_name():
    with pytest.raises(ValueError, match="Did you mean 'mobilenet_v2'"):
        encoder_features("mobilenet_v1", keras.Input((64, 64, 3)))
    assert "efficientnet_lite0" in list_encoders()


@pytest.mark.parametrize(("mode", "module"), [("tf", "mobilenet_v2"), ("caffe", "resnet50"), ("torch", "densenet")])
def test_pixels_are_scaled_as_keras_does(mode, module):
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype("float32")
    wanted = getattr(keras.applications, module).preprocess_input(pixels.copy())
    found = keras.ops.convert_to_numpy(PixelScaling(mode)(pixels))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-5)


def test_weights_come_from_a_file(tmp_path):
    network = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(None, None, 3))
    path = tmp_path / "mobilenet_v2.weights.h5"
    network.save_weights(path)
    image = keras.Input((64, 64, 3))
    model = keras.Model(image, application_features("mobilenet_v2", image, str(path)))
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype("float32")
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels.copy())
    reference = keras.Model(network.input, network.get_layer("block_12_add").output)
    found, wanted = (keras.ops.convert_to_numpy(x) for x in (model(pixels)[3], reference(scaled)))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(RauError, match=r"nowhere\.weights\.h5 does not exist"):
        application_features("mobilenet_v2", keras.Input((64, 64, 3)), str(tmp_path / "nowhere.weights.h5"))
