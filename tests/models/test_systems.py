"""The systems of the paper's tables: what they count, give, train, save and refuse."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, models
from keras_rau.models.presets import PRESETS

NARROW = {
    "pranet": (models.PraNet, {"width": 0.125}),
    "caranet": (models.CaraNet, {"width": 0.125}),
    "mfsnet": (models.MFSNet, {"width": 0.125}),
    "gfanet": (models.GFANet, {"width": 0.25}),
    "cpfnet": (models.CPFNet, {"width": 0.125}),
    "mcgff_net": (models.MCGFFNet, {"width": 0.25}),
    "as_net": (models.ASNet, {"width": 0.5}),
    "ms_red": (models.MsRED, {"width": 0.25}),
    "malunet": (models.MALUNet, {}),
    "ege_unet": (models.EGEUNet, {}),
    "unet_plus_plus": (models.UNetPlusPlus, {"width": 0.25}),
    "unet_plus_plus_pytorch": (models.UNetPlusPlus, {"width": 0.25, "layout": "pytorch"}),
    "deeplab_v3_plus": (models.DeepLabV3Plus, {"width": 0.125, "encoder": "efficientnet_lite0"}),
}
# One stands for them all, and one for those of residual encoders.
_MARKS = {"ege_unet": (), "pranet": (pytest.mark.slow,)}
EACH = [pytest.param(name, marks=_MARKS.get(name, (pytest.mark.slow, pytest.mark.matrix))) for name in NARROW]
PUBLISHED = [
    (models.PraNet, {"include_unused": True}, 32_547_319),
    (models.CaraNet, {"include_unused": True}, 46_642_560),
    (models.MFSNet, {"guidance": False}, 30_498_319),
    (models.MFSNet, {"include_unused": True}, 33_121_721),
    (models.MFSNet, {"guidance": False, "include_unused": True}, 32_638_393),
    (models.GFANet, {"classes": 2, "include_unused": True}, 24_201_351),
    (models.CPFNet, {"classes": 2, "include_unused": True}, 43_269_891),
    (models.MCGFFNet, {}, 43_608_205),
    (models.UNetPlusPlus, {}, 9_042_177),
    (models.UNetPlusPlus, {"layout": "pytorch"}, 9_163_329),
    (models.MsRED, {"classes": 2}, 4_018_154),
    (models.MsRED, {"classes": 2, "version": 2}, 4_709_070),
]


def _images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


def _build(name, size=64, **arguments):
    architecture, narrow = NARROW[name]
    return architecture(input_shape=(size, size, 3), **{**narrow, **arguments})


# Run a few times, these graphs take TensorFlow longer to trace than to compute; JAX compiles every operation by itself
# unless they are traced.
_TRACED = keras.backend.backend() == "jax"


def _maps(model, images):
    return model.predict(images, verbose=0) if _TRACED else ops.convert_to_numpy(model(images))


@pytest.mark.slow
@pytest.mark.parametrize(("architecture", "arguments", "count"), PUBLISHED)
def test_published_counts_with_what_they_include(architecture, arguments, count):
    assert models.count_parameters(architecture(input_shape=(None, None, 3), **arguments)) == count


@pytest.mark.parametrize("name", EACH)
def test_any_size_static_or_unknown(name):
    size = (75, 100)
    static = _build(name, size=None)
    architecture, narrow = NARROW[name]
    fixed = architecture(input_shape=(*size, 3), **narrow)
    fixed.set_weights(static.get_weights())
    images = _images(2, *size, 3)
    found = static.predict(images, verbose=0)
    assert found.shape == (2, *size, 1)
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found, _maps(fixed, images), atol=1e-4)


@pytest.mark.parametrize("name", EACH)
def test_every_live_weight_is_trained_saved_and_loaded(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = _build(name, deep_supervision=PRESETS[name].settings.get("deep_supervision", False))
    images = _images(4, 64, 64, 3)
    masks = (np.random.default_rng(1).uniform(size=(4, 64, 64, 1)) > 0.5).astype("float32")
    before = [ops.convert_to_numpy(variable).copy() for variable in model.trainable_variables]
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", run_eagerly=not _TRACED)
    # Three steps: behind a factor that starts at zero, and behind another such factor, weights wait for it.
    history = model.fit(images, masks, batch_size=4, epochs=3, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(old, ops.convert_to_numpy(variable)), f"no gradient reached {variable.path}"
    path = tmp_path / "m.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is type(model)
    assert loaded.get_config() == model.get_config()
    np.testing.assert_allclose(_maps(loaded, images), _maps(model, images), atol=1e-5)


@pytest.mark.parametrize("name", EACH)
def test_several_classes_logits_and_half_precision(name):
    logits = _build(name, classes=3, output_activation=None, dtype="mixed_bfloat16")
    found = _maps(logits, _images(1, 64, 64, 3))
    assert found.shape == (1, 64, 64, 3)
    assert found.dtype == "float32"
    assert np.isfinite(found).all()
    assert {variable.dtype for variable in logits.trainable_variables} == {"float32"}


def test_side_outputs_reach_the_loss_at_the_size_of_the_image():
    model = _build("ege_unet", deep_supervision=True)
    maps = model(_images(1, 64, 64, 3), training=True)
    assert set(maps) == {"mask", "side_32", "side_16", "side_8", "side_4", "side_2"}
    assert {tuple(one.shape) for one in maps.values()} == {(1, 64, 64, 1)}
    assert model._side_weights == {
        f"side_{side}": weight for side, weight in ((32, 0.1), (16, 0.2), (8, 0.3), (4, 0.4), (2, 0.5))
    }


def test_dead_weights_are_saved_and_never_trained(tmp_path):
    model = models.CPFNet(input_shape=(32, 32, 3), width=0.125, include_unused=True)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(other))


@pytest.mark.parametrize("architecture", [models.UNetPlusPlus, models.ASNet, models.MsRED])
def test_the_smallest_image(architecture):
    model = architecture(input_shape=(16, 32, 3), width=0.125)
    assert _maps(model, _images(1, 16, 32, 3)).shape == (1, 16, 32, 1)


@pytest.mark.slow
def test_every_factor_of_ms_red_has_a_width_of_its_own():
    counts = [models.count_parameters(models.MsRED(width=width)) for width in (0.25, 0.5, 0.75, 1.0)]
    assert counts == sorted(set(counts))
    assert counts[-1] == PRESETS["ms_red"].parameters


@pytest.mark.parametrize("name", [name for name in PRESETS if name in NARROW])
def test_published_losses_are_known_by_name(name):
    assert PRESETS[name].loss in losses.names()


def test_bad_arguments():
    with pytest.raises(TypeError, match="Did you mean 'width'"):
        models.MALUNet(widht=2)
    with pytest.raises(ValueError, match="at least 32"):
        models.MALUNet(input_shape=(16, 64, 3))
    with pytest.raises(ValueError, match="positive factor"):
        models.MALUNet(width=0)
    with pytest.raises(ValueError, match="positive factor"):
        models.MALUNet(width=True)
    with pytest.raises(ValueError, match="without side outputs"):
        models.MALUNet(deep_supervision=True)
    with pytest.raises(ValueError, match="height and width are None or at least 32"):
        models.MALUNet(input_shape=(64.0, 64, 3))
    with pytest.raises(ValueError, match="must have three channels"):
        models.PraNet(input_shape=(32, 32, 4), width=0.125)
    with pytest.raises(ValueError, match="at least 16"):
        models.UNetPlusPlus(input_shape=(8, 16, 3))
    with pytest.raises(ValueError, match="whole number"):
        models.MALUNet(classes=0)
    with pytest.raises(ValueError, match="Expected one of 1, 2"):
        models.MsRED(version=3)
    with pytest.raises(ValueError, match="`version` must be a whole number"):
        models.MsRED(version=True)
    with pytest.raises(TypeError, match="No weights are known for its encoder"):
        models.PraNet(encoder_weights="imagenet")
    with pytest.raises(ValueError, match="own width"):
        models.ASNet(width=0.5, encoder_weights="imagenet")
    with pytest.raises(ValueError, match="Unknown encoder"):
        models.DeepLabV3Plus(encoder="resnet5")


@pytest.mark.parametrize("build", [models.EGEUNet, models.UNet, models.RAUNet])
def test_bad_arguments_of_outputs(build):
    for value in (None, "a", -1, [1, "a"]):
        with pytest.raises(ValueError, match="`side_weights` must be one number, or one for each"):
            build(input_shape=(32, 32, 3), width=1, side_weights=value)
    with pytest.raises(ValueError, match=r"for each of the . side outputs"):
        build(input_shape=(32, 32, 3), width=1, deep_supervision=True, side_weights=[1, 2])
    with pytest.raises(ValueError, match="`deep_supervision` must be True or False"):
        build(deep_supervision="yes")
    with pytest.raises(ValueError, match=r"`output_activation` must be 'auto'.*Received: output_activation='sigmod'"):
        build(output_activation="sigmod")
    with pytest.raises(
        ValueError, match=r"of several classes must be 'softmax'.*Received: output_activation='hard_sigmoid'"
    ):
        build(output_activation="hard_sigmoid", classes=3)


@pytest.mark.parametrize("build", [models.PraNet, models.CaraNet, models.MFSNet, models.GFANet, models.CPFNet])
def test_unused_weights_are_asked_for_by_true_or_false(build):
    with pytest.raises(ValueError, match=r"`include_unused` must be True or False. Received: include_unused='no'"):
        build(include_unused="no", width=0.125)


def test_sizes_may_be_numpys():
    side = np.int64(32)
    model = models.MALUNet(input_shape=(side, side, np.int64(3)), width=np.float32(0.5), classes=np.int32(2))
    same = models.MALUNet(input_shape=(32, 32, 3), width=0.5, classes=2)
    assert model.count_params() == same.count_params()
    assert keras.models.model_from_json(model.to_json()).output_shape == (None, 32, 32, 2)
