"""What a user did to a model is kept when it is saved, loaded and cloned, or the loss of it is said."""

import copy
import json
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, metrics, models
from keras_rau.errors import RauError
from keras_rau.models.trainable_parts import read_parts

MAKERS = {
    "UNet": lambda **options: models.UNet((16, 16, 3), width=2, depth=2, upsampling="bilinear", **options),
    "RAUNet": lambda **options: models.RAUNet((16, 16, 3), width=2, depth=1, upsampling="bilinear", **options),
    "EGEUNet": lambda **options: models.EGEUNet((32, 32, 3), **options),
}


def _values(variables):
    return [ops.convert_to_numpy(variable) for variable in variables]


def _check_equal(found, wanted):
    found, wanted = _values(found), _values(wanted)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def _flags(model):
    return [layer.trainable for layer in model._flatten_layers()], [bool(w.trainable) for w in model.weights]


def _compile(model, **options):
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10)),
        losses.CompoundLoss(),
        metrics=[metrics.DiceScore()],
        **options,
    )
    return model


def _with_state(model):
    """Compiled, and with an optimiser that looks like one in the middle of a training."""
    _compile(model)
    model.optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(0)
    for variable in model.optimizer.variables:
        value = rng.integers(1, 9, variable.shape) if "int" in variable.dtype else rng.random(variable.shape)
        variable.assign(value.astype(variable.dtype))
    return model


def _reloaded(model, tmp_path):
    model.save(tmp_path / "m.keras")
    return keras.saving.load_model(tmp_path / "m.keras")


def _freeze_half(model):
    for layer in model.layers[: len(model.layers) // 2]:
        layer.trainable = False


def _freeze_inside(model):
    """A model whose parts say the opposite of what they are in, down to a single weight."""
    model.trainable = False
    inner = next(layer for layer in reversed(model.layers) if layer.weights)
    inner.trainable = True
    deep = next(layer for layer in model._flatten_layers() if len(layer._trainable_variables) > 1)
    deep.trainable = True
    deep._trainable_variables[0].trainable = False


@pytest.mark.parametrize(
    ("name", "freeze"),
    [
        ("UNet", _freeze_half),
        pytest.param("RAUNet", _freeze_inside, marks=pytest.mark.slow),
        pytest.param("EGEUNet", _freeze_inside, marks=(pytest.mark.slow, pytest.mark.matrix)),
    ],
)
def test_frozen_parts_are_frozen_in_the_file_in_the_clone_and_in_the_configuration(name, freeze, tmp_path):
    model = MAKERS[name](deep_supervision=True)
    free = model.get_config()
    freeze(model)
    config = model.get_config()
    assert config == {**free, "trainable": model.trainable, "trainable_parts": read_parts(model)}
    json.dumps(config)
    again = [
        _reloaded(model, tmp_path),
        model.clone(),
        type(model)(**config),
        keras.models.model_from_json(model.to_json()),
    ]
    for other in again:
        assert type(other) is type(model)
        assert _flags(other) == _flags(model)
        assert json.loads(json.dumps(other.get_config())) == json.loads(json.dumps(config))
    assert "trainable_parts" not in free


def test_frozen_parts_of_an_encoder_of_keras_are_kept():
    model = models.UNet((32, 32, 3), width=2, encoder="mobilenet_v2")
    model.get_layer("encoder_mobilenet_v2").get_layer("Conv1").trainable = False
    assert len(read_parts(model)) == 1
    assert _flags(type(model).from_config(model.get_config())) == _flags(model)


def test_frozen_parts_that_a_model_lacks_are_refused():
    model = MAKERS["UNet"]()
    model.get_layer("encoder_1").trainable = False
    with pytest.raises(ValueError, match=r"parts that model 'u_net.*' does not have.*Received: encoder_1"):
        models.UNet(**{**model.get_config(), "depth": 1})


def test_building_from_a_configuration_leaves_it_as_it_was():
    config = MAKERS["UNet"]().get_config()
    before = copy.deepcopy(config)
    models.UNet.from_config(config)
    assert config == before


def _untouched(model):
    return _compile(model)


def _frozen_before(model):
    _freeze_half(model)
    return _with_state(model)


def _frozen_afterwards(model):
    _with_state(model)
    _freeze_half(model)
    return model


def _freed_afterwards(model):
    _frozen_before(model)
    model.trainable = False
    model.trainable = True
    return model


@pytest.mark.parametrize(
    ("train", "dtype"),
    [
        (_untouched, "float32"),
        (_frozen_before, "float32"),
        (_frozen_afterwards, "mixed_float16"),
        (_freed_afterwards, "float32"),
        pytest.param(_freed_afterwards, "mixed_float16", marks=pytest.mark.slow),
        pytest.param(_with_state, "mixed_float16", marks=pytest.mark.slow),
    ],
)
def test_the_state_of_the_optimiser_is_kept_without_a_warning(train, dtype, tmp_path):
    model = train(MAKERS["UNet"](deep_supervision=True, dtype=dtype))
    for other in (_reloaded(model, tmp_path), model.clone()):
        assert type(other.optimizer) is type(model.optimizer)
        _check_equal(other.optimizer.variables, model.optimizer.variables)
        _check_equal(other.weights, model.weights)
        assert isinstance(other.loss, losses.CompoundLoss)
    fresh = model.clone(weights=False)
    assert not np.array_equal(*_values([fresh.weights[0], model.weights[0]]))
    assert not model.clone(compiled=False).compiled


def test_a_copy_of_a_model_is_of_its_class():
    model = MAKERS["RAUNet"](deep_supervision=True)
    _freeze_half(model)
    copied = copy.deepcopy(model)
    assert type(copied) is models.RAUNet
    assert _flags(copied) == _flags(model)
    _check_equal(copied.weights, model.weights)


def test_the_clone_of_a_student_has_its_teacher_and_its_side_losses():
    model, teacher = MAKERS["UNet"](deep_supervision=True), MAKERS["UNet"]()
    model.distill(teacher, 0.25)
    _compile(model)
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    masks = (rng.random((2, 16, 16, 1)) > 0.5).astype("float32")
    found = []
    for one in (model, model.clone()):
        maps = one(images, training=True)
        found.append(float(ops.convert_to_numpy(one.compute_loss(images, masks, maps))))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_a_clone_says_what_cannot_be_compiled_again():
    def mine(truth, found):
        return ops.mean(found)

    model = MAKERS["UNet"]()
    model.compile("sgd", loss=mine)
    with pytest.raises(ValueError, match=r"cannot be compiled as the model is.*compiled=False"):
        model.clone()


def test_clone_model_of_keras_is_refused_where_it_would_lose_side_outputs():
    model = MAKERS["UNet"](deep_supervision=True)
    with pytest.raises(ValueError, match=r"would lose the side outputs of UNet.*model\.clone\(\)"):
        keras.models.clone_model(model)
    plain = keras.Model(model.input, model.output)
    assert keras.models.clone_model(plain).output_shape == (None, 16, 16, 1)


def test_clone_model_of_keras_says_that_the_clone_is_a_plain_model():
    with pytest.warns(UserWarning, match=r"plain keras.Model of UNet.*model\.clone\(\)") as caught:
        keras.models.clone_model(MAKERS["UNet"]())
    assert caught[0].filename == __file__


def test_deep_supervision_inside_another_model_warns_and_the_mask_is_its_output():
    model = MAKERS["UNet"](deep_supervision=True)
    with pytest.warns(UserWarning, match=r"deep supervision and becomes part of another model.*dataset\.map"):
        outer = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Identity(), model])
    images = np.zeros((1, 16, 16, 3), "float32")
    found, wanted = outer(images, training=True), model(images, training=True)["mask"]
    np.testing.assert_allclose(*_values([found, wanted]), atol=1e-6)
    image = keras.Input((16, 16, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keras.Model(image, model(image, training=False))
        MAKERS["UNet"]()(image)


def test_inputs_in_a_dict_are_taken_in_training_as_in_prediction():
    model = MAKERS["UNet"](deep_supervision=True)
    images = np.full((1, 16, 16, 3), 7, "uint8")
    for training in (False, True):
        found, wanted = (model(given, training=training) for given in ({"image": images}, images))
        if training:
            found, wanted = found["mask"], wanted["mask"]
        np.testing.assert_allclose(*_values([found, wanted]), atol=1e-5)


def test_settings_that_are_not_kept_are_named(tmp_path):
    model = MAKERS["UNet"]()
    model.get_layer("bottleneck").stages[1].momentum = 0.5
    with pytest.warns(UserWarning, match=r"not kept: bottleneck/1: momentum=0\.5\. Set them again"):
        model.save(tmp_path / "m.keras")


def test_quantize_of_keras_says_how_a_model_is_quantised():
    with pytest.raises(ValueError, match=r"passes over convolutions.*keras_rau\.export\.tflite.*class RAUNet"):
        MAKERS["RAUNet"]().quantize("int8")


@pytest.mark.parametrize("make", [MAKERS["RAUNet"], lambda: models.AttentionUNet((16, 16, 3), width=2, depth=1)])
def test_no_layer_of_a_built_model_is_unbuilt(make):
    model = make()
    assert [layer.name for layer in model._flatten_layers() if not layer.built] == []


def _saved_by_save(model, path):
    model.save(path)


def _saved_around_it(model, path):
    keras.saving.save_model(model, path)


@pytest.mark.parametrize(("save", "dtype"), [(_saved_by_save, "mixed_float16"), (_saved_around_it, "float32")])
def test_hdf5_files_are_opened_with_everything(save, dtype, tmp_path):
    path = tmp_path / "m.h5"
    model = MAKERS["RAUNet"](deep_supervision=True, dtype=dtype)
    model.get_layer("encoder_0").trainable = False
    _with_state(model)
    save(model, path)
    loaded = models.load(path)
    assert loaded.get_config() == model.get_config()
    assert _flags(loaded) == _flags(model)
    _check_equal(loaded.weights, model.weights)
    _check_equal(loaded.optimizer.variables, model.optimizer.variables)
    assert not models.load(path, compiled=False).compiled
    # Keras forgets the optimiser of a model that it saves so.
    _check_equal(_reloaded(model, tmp_path).optimizer.variables, model.optimizer.variables)


def test_keras_itself_opens_hdf5_files_that_save_wrote(tmp_path):
    model = MAKERS["UNet"]()
    model.save(tmp_path / "m.h5")
    loaded = keras.saving.load_model(tmp_path / "m.h5", compile=False)
    assert type(loaded) is models.UNet
    _check_equal(loaded.weights, model.weights)


def test_an_hdf5_file_that_would_lack_weights_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"would lack the weights of side_2_logits.*as \.keras"):
        keras.saving.save_model(MAKERS["UNet"](deep_supervision=True), tmp_path / "m.h5")


def test_an_hdf5_file_with_the_state_of_another_optimiser_warns(tmp_path):
    model = _with_state(MAKERS["UNet"]())
    model.get_layer("encoder_0").trainable = False
    model.save(tmp_path / "m.h5")
    with pytest.warns(UserWarning, match=r"optimiser of model .* starts afresh"):
        models.load(tmp_path / "m.h5")


def test_losses_and_metrics_by_name_are_loaded_from_hdf5(tmp_path):
    model = MAKERS["UNet"]()
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.save(tmp_path / "m.h5")
    assert models.load(str(tmp_path / "m.h5")).loss == "binary_crossentropy"


def test_what_is_no_model_file_is_refused(tmp_path):
    model = MAKERS["UNet"]()
    model.save(tmp_path / "m.keras")
    assert type(models.load(tmp_path / "m.keras")) is models.UNet
    model.save_weights(tmp_path / "m.weights.h5")
    (tmp_path / "damaged.keras").write_bytes(b"no zip")
    (tmp_path / "damaged.h5").write_bytes(b"no hdf5")
    (tmp_path / "m.pkl").write_bytes(b"")
    for name, message in {
        "m.weights.h5": r"holds weights only.*load_weights",
        "damaged.keras": r"damaged or no \.keras file",
        "damaged.h5": "damaged or no file of weights",
        "m.pkl": r"\.keras and \.h5 files",
        "missing.h5": "does not exist",
    }.items():
        with pytest.raises(RauError, match=message):
            models.load(tmp_path / name)


def test_code_in_a_file_is_not_run(tmp_path):
    image = keras.Input((4, 4, 3))
    unsafe = keras.Model(image, keras.layers.Lambda(lambda x: x + 1)(image))
    for name in ("m.keras", "m.h5"):
        unsafe.save(tmp_path / name)
        with pytest.raises(RauError, match="runs Python of the file"):
            models.load(tmp_path / name)


def test_a_part_of_a_model_is_a_model(tmp_path):
    model = MAKERS["RAUNet"](deep_supervision=True)
    features = keras.Model(model.input, model.get_layer("decoder_0").output)
    loaded = _reloaded(features, tmp_path)
    images = np.ones((1, 16, 16, 3), "float32")
    np.testing.assert_allclose(*_values([loaded(images), features(images)]), atol=1e-6)
