"""Outline styles: one map each beside the default, trained by images of known style, folded when chosen."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, metrics, models
from keras_rau.errors import DataError, UsageError
from keras_rau.outline_styles import StyleChoice, choose_style

STYLES = ("tight", "loose")


def _data(count=4, size=16):
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (count, size, size, 3)).astype("float32")
    masks = (rng.random((count, size, size, 1)) > 0.5).astype("float32")
    return images, masks


def _with_styles(masks, numbers):
    plane = np.broadcast_to(np.reshape(numbers, (-1, 1, 1, 1)), masks.shape)
    return np.concatenate([masks, plane], axis=-1).astype("float32")


def _model(architecture=models.RAUNet, **arguments):
    keras.utils.set_random_seed(1)
    options = {"outline_styles": STYLES, "style_offsets": (-2.0, 1.0), **arguments}
    return architecture(input_shape=(16, 16, 3), width=2, depth=2, **options)


def _compiled(model, loss="compound"):
    model.compile(keras.optimizers.SGD(0.0), losses.get(loss), metrics=[metrics.DiceScore()], run_eagerly=True)
    return model


def test_inference_has_the_default_map_and_training_one_map_a_style():
    model, (images, _) = _model(), _data()
    assert model(images).shape == (4, 16, 16, 1)
    maps = model(images, training=True)
    assert maps["styles"].shape == (4, 16, 16, 2)
    logits = [np.log(p / (1 - p)) for p in map(ops.convert_to_numpy, (maps["mask"], maps["styles"]))]
    np.testing.assert_allclose(logits[1] - logits[0], np.broadcast_to([-2.0, 1.0], (4, 16, 16, 2)), atol=1e-3)


def test_loss_is_that_of_the_default_map_plus_that_of_the_own_style():
    model, (images, masks) = _compiled(_model(deep_supervision=False)), _data()
    value = model.train_on_batch(images, _with_styles(masks, [0, -1, 1, -1]), return_dict=True)["loss"]
    maps = {name: ops.convert_to_numpy(found) for name, found in model(images, training=True).items()}
    loss = losses.CompoundLoss(reduction=None)
    per_image = ops.convert_to_numpy(loss(masks, maps["mask"]))
    own = [float(loss(masks[i : i + 1], maps["styles"][i : i + 1, ..., k : k + 1])[0]) for i, k in ((0, 0), (2, 1))]
    assert value == pytest.approx(per_image.mean() + sum(own) / 4, rel=1e-4)
    # Without the channel of styles the default map alone is trained, and metrics see the same.
    assert model.train_on_batch(images, masks, return_dict=True)["loss"] == pytest.approx(per_image.mean(), rel=1e-4)
    scores = [
        model.evaluate(images, y, verbose=0, return_dict=True) for y in (masks, _with_styles(masks, [0, -1, 1, -1]))
    ]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)


@pytest.mark.parametrize("number", [2, 0.5, -2])
def test_a_number_of_no_style_gives_no_plausible_loss(number):
    model, (images, masks) = _compiled(_model()), _data()
    assert np.isnan(model.train_on_batch(images, _with_styles(masks, [number, 0, 0, 0]), return_dict=True)["loss"])


def test_only_images_of_a_style_change_its_map():
    model, (images, masks) = _model(), _data()
    model.compile(keras.optimizers.SGD(0.1), losses.CompoundLoss(), run_eagerly=True)
    maps = next(layer for layer in model._side_heads if layer.name == "style_logits")
    before = ops.convert_to_numpy(maps.kernel).copy()
    model.train_on_batch(images, _with_styles(masks, [0, 0, -1, -1]))
    change = np.abs(ops.convert_to_numpy(maps.kernel) - before).max(axis=0)
    assert change[0] > 0
    assert change[1] == 0


@pytest.mark.parametrize("architecture", [models.UNet, models.AttentionUNet, models.RAUNet])
def test_a_chosen_style_is_folded_into_the_last_convolution(architecture):
    model, (images, _) = _model(architecture, deep_supervision=True), _data()
    maps = next(layer for layer in model._side_heads if layer.name == "style_logits")
    maps.kernel.assign(np.random.default_rng(2).normal(0, 0.1, maps.kernel.shape))
    found = {name: ops.convert_to_numpy(maps_) for name, maps_ in model(images, training=True).items()}
    # Batch normalisation differs in training.
    features = keras.Function(model.input, model.get_layer("logits").input)(images)
    logits = ops.convert_to_numpy(model.get_layer("logits")(features))
    styles = ops.convert_to_numpy(maps([features, logits]))
    assert found["styles"].shape[-1] == 2
    for style, wanted in {
        None: logits,
        "loose": styles[..., 1:],
        (0.5, 0.25, 0.25): 0.5 * logits + 0.25 * styles[..., :1] + 0.25 * styles[..., 1:],
    }.items():
        one = model.with_style(style)
        np.testing.assert_allclose(ops.convert_to_numpy(one(images)), 1 / (1 + np.exp(-wanted)), atol=1e-5)
        assert one.outline_styles == ()
        assert type(one) is architecture
        assert one.count_params() == model.count_params() - 2 * (maps.kernel.shape[0] + 1)
    shifted = model.with_style(StyleChoice((1.0, 0.0, 0.0), offset=3.0))
    np.testing.assert_allclose(ops.convert_to_numpy(shifted(images)), 1 / (1 + np.exp(-logits - 3)), atol=1e-5)


def test_styles_survive_saving(tmp_path):
    model, (images, _) = _compiled(_model()), _data()
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.outline_styles == STYLES
    before, after = (ops.convert_to_numpy(one(images, training=True)["styles"]) for one in (model, loaded))
    np.testing.assert_allclose(before, after, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 2}, "one lesion class"),
        ({"outline_styles": ("a", "a")}, "distinct names"),
        ({"outline_styles": "tight"}, "distinct names"),
        ({"outline_styles": ("default",)}, "distinct names"),
        ({"style_offsets": (1.0,)}, "one number for each"),
    ],
)
def test_models_refuse_styles_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        _model(**arguments)


def test_choices_by_name_weights_and_file(tmp_path):
    assert choose_style(None, STYLES) == choose_style("default", STYLES) == StyleChoice((1.0, 0.0, 0.0))
    choice = StyleChoice((0.5, 0.25, 0.25), offset=-0.5)
    choice.write(tmp_path / "clinic.json", STYLES, images=12)
    assert choose_style(tmp_path / "clinic.json", STYLES) == choice
    assert json.loads((tmp_path / "clinic.json").read_text())["images"] == 12
    with pytest.raises(UsageError, match=r"Did you mean 'tight'.*Styles of this model: default, tight, loose"):
        choose_style("tigt", STYLES)
    with pytest.raises(UsageError, match="has no outline styles besides the default"):
        choose_style("tight", ())
    with pytest.raises(DataError, match="made for a model with the styles default, tight, loose"):
        choose_style(tmp_path / "clinic.json", ("tight",))
    with pytest.raises(UsageError, match="has 3 weights"):
        choose_style((0.5, 0.5), STYLES)
    with pytest.raises(UsageError, match="sum to 1"):
        choose_style((0.5, 0.2, 0.2), STYLES)
    (tmp_path / "bad.json").write_text("[1, 2]")
    with pytest.raises(DataError, match=r"is not a style file|should hold one JSON object"):
        choose_style(tmp_path / "bad.json", STYLES)
    for content in ('{"weights": {"default": "1"}}', '{"weights": {"default": true}}', '{"weights": [1]}', "{}"):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(DataError, match="is not a style file"):
            choose_style(tmp_path / "bad.json", STYLES)
    (tmp_path / "bad.json").write_text('{"weights": {"default": 1, "tight": 1, "loose": 0}}')
    with pytest.raises(DataError, match=r"bad.json: The weights .* sum to 1"):
        choose_style(tmp_path / "bad.json", STYLES)
    with pytest.raises(UsageError, match="Unknown outline style"):
        choose_style("x" * 5000, STYLES)
    with pytest.raises(UsageError, match="A style is a name, a style file"):
        choose_style(3, STYLES)
    with pytest.raises(UsageError, match="trained without them"):
        choose_style(StyleChoice((1.0,), offset=1.0), ())


def test_a_style_file_of_another_model_with_the_same_names_is_refused(tmp_path):
    StyleChoice((0.5, 0.25, 0.25)).write(tmp_path / "clinic.json", STYLES, key="0123")
    assert choose_style(tmp_path / "clinic.json", STYLES, key="0123").weights == (0.5, 0.25, 0.25)
    with pytest.raises(DataError, match="made for another model"):
        _model().with_style(tmp_path / "clinic.json")


def test_a_preset_is_built_with_a_style():
    options = {"weights": None, "width": 2, "depth": 2, "encoder": None, "input_shape": (16, 16, 3)}
    model = models.from_preset("unet", style="tight", outline_styles=STYLES, **options)
    assert model.outline_styles == ()
    with pytest.raises(ValueError, match=r"Styles of this model: default, tight, loose"):
        models.from_preset("unet", style="narrow", outline_styles=STYLES, **options)
    with pytest.raises(ValueError, match="has no outline styles besides the default"):
        models.from_preset("unet", style="tight", **options)
