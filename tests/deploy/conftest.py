"""Small models to export."""

import keras
import numpy as np
import pytest

from keras_rau import models


@pytest.fixture(scope="session")
def model():
    """A small RAUNet whose batch normalisation has seen data, so that its output is not flat."""
    keras.utils.set_random_seed(0)
    made = models.RAUNet(input_shape=(32, 48, 3), width=4, depth=2, deep_supervision=True)
    made.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy")
    images = np.random.default_rng(0).uniform(0, 255, (8, 32, 48, 3)).astype("float32")
    made.fit(images, (images[..., :1] > 128).astype("float32"), epochs=5, verbose=0)
    return made


@pytest.fixture(scope="session")
def any_size(model):
    made = models.RAUNet(input_shape=(None, None, 3), width=4, depth=2)
    made.set_weights(model.get_weights())
    return made


@pytest.fixture(scope="session")
def photo():
    return np.random.default_rng(1).integers(0, 255, (50, 61, 3), np.uint8)
