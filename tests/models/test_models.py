"""Shapes, parameter counts, serialisation and bad arguments of the models."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import models
from keras_rau.models.presets import PRESETS

ARCHITECTURES = [models.UNet, models.AttentionUNet, models.RAUNet]
QUICKLY_BUILT = ("rau_net_paper", "rau_net_small", "rau_net_lite", "rau_net_nano", "unet", "attention_unet", "ege_unet")


def _images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


@pytest.mark.parametrize(
    "name",
    [name if name in QUICKLY_BUILT else pytest.param(name, marks=pytest.mark.slow) for name in models.list_presets()],
)
def test_parameter_counts(name):
    model = models.from_preset(name, weights=None, input_shape=(None, None, 3))
    assert models.count_parameters(model) == PRESETS[name].parameters
    assert model.output.shape == (None, None, None, 1)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("unet", 34_527_041),
        ("attention_unet", 34_878_573),
        ("pranet", 30_498_319),
        ("caranet", 44_593_560),
        ("malunet", 177_943),
        ("ege_unet", 53_374),
    ],
)
def test_counts_that_are_published(name, count):
    assert PRESETS[name].parameters == count


def test_paper_size_is_what_the_paper_says():
    assert abs(PRESETS["rau_net_paper"].parameters / 48.1e6 - 1) < 0.01


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("upsampling", ["conv", "transpose", "bilinear"])
@pytest.mark.parametrize("size", [(37, 50), (32, 48)])
def test_any_size_static_or_unknown(architecture, upsampling, size):
    arguments = {"width": 4, "depth": 3, "upsampling": upsampling}
    static = architecture(input_shape=(*size, 3), **arguments)
    free = architecture(input_shape=(None, None, 3), **arguments)
    free.set_weights(static.get_weights())
    images = _images(2, *size, 3)
    found = static.predict(images, verbose=0)
    assert found.shape == (2, *size, 1)
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found, free.predict(images, verbose=0), atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("deep_supervision", [False, True])
def test_saved_and_loaded(architecture, deep_supervision, tmp_path):
    model = architecture(input_shape=(32, 32, 3), width=4, depth=2, deep_supervision=deep_supervision, name="mine")
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is architecture
    assert loaded.get_config() == model.get_config()
    images = _images(2, 32, 32, 3)
    for training in (False, True):
        found, wanted = loaded(images, training=training), model(images, training=training)
        for one, other in zip(_values(found), _values(wanted), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def _values(outputs):
    outputs = outputs if isinstance(outputs, dict) else {"mask": outputs}
    return [ops.convert_to_numpy(outputs[name]) for name in sorted(outputs)]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_several_classes_and_logits(architecture):
    model = architecture(input_shape=(16, 16, 3), width=4, depth=2, classes=3)
    found = model.predict(_images(1, 16, 16, 3), verbose=0)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    logits = architecture(input_shape=(16, 16, 3), width=4, depth=2, output_activation=None)
    probabilities = architecture(input_shape=(16, 16, 3), width=4, depth=2)
    probabilities.set_weights(logits.get_weights())
    images = _images(1, 16, 16, 3)
    np.testing.assert_allclose(
        1 / (1 + np.exp(-logits.predict(images, verbose=0))), probabilities.predict(images, verbose=0), atol=1e-5
    )


def test_scaling_is_inside():
    model = models.UNet(input_shape=(16, 16, 3), width=4, depth=1)
    assert model.get_layer("rescaling").scale == pytest.approx(1 / 255)
    pixels = np.arange(16 * 16 * 3, dtype="uint8").reshape(1, 16, 16, 3)
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(pixels)), ops.convert_to_numpy(model(pixels.astype("float32"))), atol=1e-6
    )


def test_mixed_precision_gives_float32_masks_and_keeps_its_policy(tmp_path):
    model = models.RAUNet(input_shape=(16, 16, 3), width=4, depth=2, dtype="mixed_bfloat16", deep_supervision=True)
    model.compile("sgd", "binary_crossentropy")
    model.train_on_batch(_images(2, 16, 16, 3), np.ones((2, 16, 16, 1), "float32"))
    assert model.predict(_images(1, 16, 16, 3), verbose=0).dtype == np.float32
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.get_layer("bottleneck").compute_dtype == "bfloat16"
    plain = models.RAUNet.from_config({**model.get_config(), "dtype": "float32"})
    plain.set_weights(model.get_weights())
    assert plain.get_layer("bottleneck").compute_dtype == "float32"


def test_half_precision_scales_its_loss():
    model = models.UNet(input_shape=(16, 16, 3), width=4, depth=1, dtype="mixed_float16")
    model.compile("sgd", "binary_crossentropy")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.train_on_batch(_images(2, 16, 16, 3), np.ones((2, 16, 16, 1), "float32"))
    assert model.predict(_images(1, 16, 16, 3), verbose=0).dtype == np.float32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.UNet(input_shape=(8, 64, 3)), "at least 16"),
        (lambda: models.UNet(input_shape=(64, 64)), "input_shape"),
        (lambda: models.UNet(width=0), "width=0"),
        (lambda: models.UNet(upsampling="x"), "upsampling='x'"),
        (lambda: models.RAUNet(normalization="x"), "normalization='x'"),
        (lambda: models.RAUNet(widht=8), "widht"),
        (lambda: models.RAUNet(deep_supervision=True, side_weights=[1.0]), "side_weights"),
        (lambda: models.from_preset("rau_net_nanno"), "Did you mean 'rau_net_nano'"),
        (lambda: models.from_preset("rau_net_small"), "weights=None"),
        (lambda: models.from_preset("rau_net_nano", weights=3), "`weights` must be 'default', a path"),
        (lambda: models.from_preset(["rau_net_nano"]), "Unknown preset"),
    ],
)
def test_bad_arguments_say_what_was_received(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
