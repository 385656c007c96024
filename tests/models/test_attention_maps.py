"""Attention maps of a model, for the images of a user; here with the models, so that every Keras backend makes some."""

import keras
import numpy as np
import pytest

from keras_rau import evaluation, layers, models
from keras_rau.errors import UsageError


@pytest.fixture(scope="module")
def model():
    return models.RAUNet(input_shape=(32, 32, 3), width=2, depth=2)


def _image(height=40, width=24):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_every_attention_layer_gives_a_map_of_the_images_size(model):
    maps = evaluation.attention_maps(model, _image())
    # From the deepest level up, as they compute.
    assert list(maps) == [f"attention_{level}/{kind}" for level in (1, 0) for kind in ("reverse", "boundary")]
    for one in maps.values():
        assert one.shape == (40, 24)
        assert one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 1


def test_both_maps_of_a_layer_are_of_the_same_coarse_prediction(model):
    maps = evaluation.attention_maps(model, _image(32, 32))
    probability = 1 - maps["attention_0/reverse"]
    np.testing.assert_allclose(maps["attention_0/boundary"], 1 - np.abs(2 * probability - 1), atol=1e-5)


def test_a_model_computes_as_before_afterwards(model):
    batch = np.asarray(_image(32, 32)[None], np.float32)
    before = keras.ops.convert_to_numpy(model(batch))
    evaluation.attention_maps(model, _image())
    assert all("attention_map" not in vars(inner) for inner in (model.get_layer("attention_0").reverse,))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(batch)), before)


def test_a_model_of_ones_own_with_layers_inside_layers_gives_maps():
    @keras.saving.register_keras_serializable("test_attention_maps")
    class Inside(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.look = layers.ReverseAttention(2, depth=1, name="look")

        def call(self, inputs):
            features, coarse = inputs
            return self.look([features, coarse])

    image = keras.Input((None, None, 3))
    coarse = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="zeros")(image)
    shared = Inside(name="inside")
    refined = layers.BoundaryAttention(2, depth=1, name="border")([shared([image, coarse]), coarse])
    twice = shared([image, coarse])
    model = keras.Model(image, keras.layers.Conv2D(1, 1)(keras.layers.Concatenate()([refined, twice])))
    maps = evaluation.attention_maps(model, _image(7, 9))
    assert sorted(maps) == ["border", "inside/look", "inside/look:2"]
    assert {key: float(one.mean()) for key, one in maps.items()} == {
        "border": 1.0,
        "inside/look": 0.5,
        "inside/look:2": 0.5,
    }
    assert maps["border"].shape == (7, 9)


def test_a_model_without_attention_is_refused():
    image = keras.Input((8, 8, 3))
    plain = keras.Model(image, keras.layers.Conv2D(1, 1)(image), name="plain")
    with pytest.raises(UsageError, match="'plain' contains no ReverseAttention"):
        evaluation.attention_maps(plain, _image(8, 8))
    with pytest.raises(UsageError, match=r"models\.load opens a file\. Received: str"):
        evaluation.attention_maps("m.keras", _image(8, 8))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((1, 8, 8, 3)), r"shape \(1, 8, 8, 3\)"),
        (np.zeros((8, 8)), r"shape \(8, 8\)"),
        (np.full((8, 8, 3), 256.0), "256 to 256"),
        (np.full((8, 8, 3), np.nan), "nan to nan"),
        (np.full((8, 8, 3), "a"), "dtype <U1"),
    ],
)
def test_what_is_not_an_image_is_refused(model, image, message):
    with pytest.raises(ValueError, match=message):
        evaluation.attention_maps(model, image)
