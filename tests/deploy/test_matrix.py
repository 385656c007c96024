"""Every public layer and model in every precision."""

import gc

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import export, layers, models
from keras_rau.datasets import draw_phantom
from tests.models.test_systems import NARROW

pytestmark = pytest.mark.export
SIZE = 64
PRECISIONS = ["float32", "float16", "dynamic", "int8"]
ATTENTIONS = {
    "ReverseAttention": lambda: layers.ReverseAttention(8),
    "BoundaryAttention": lambda: layers.BoundaryAttention(8, separable=True),
    "BoundaryReverseAttention": lambda: layers.BoundaryReverseAttention(8),
    "AttentionGate": lambda: layers.AttentionGate(8),
    "AttentionGate, original": lambda: layers.AttentionGate(8, form="original"),
}


@pytest.fixture(autouse=True)
def let_go(request):
    """Models are held by Keras's state and by cycles; all of the matrix together need more memory than a machine has."""
    yield
    if request.node.get_closest_marker("matrix"):
        keras.utils.clear_session()
        gc.collect()


@pytest.fixture(scope="module")
def drawn():
    return [draw_phantom(2, index, SIZE)[0] for index in range(16)]


def trained(model, drawn, rate=3e-3):
    """The model after a few steps, with the statistics of its last weights: maps are not flat, and none overflows."""
    keras.utils.set_random_seed(0)
    images = np.stack(drawn).astype("float32")
    masks = [draw_phantom(2, index, SIZE)[1] for index in range(16)]
    target = np.stack(masks).astype("float32")[..., None]
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    model.fit(images, target, epochs=12, batch_size=4, verbose=0)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(images, training=True)
    return model


def rounding(model, drawn):
    """Mean change of the probabilities when Keras itself computes with trained weights rounded to float16."""
    images, weights = np.stack(drawn).astype("float32"), model.get_weights()
    exact = model.predict(images, verbose=0)
    for weight in model.trainable_weights:
        weight.assign(ops.cast(ops.cast(weight, "float16"), "float32"))
    rounded = model.predict(images, verbose=0)
    model.set_weights(weights)
    return float(np.abs(rounded - exact).mean())


def foreign(layer):
    """A model of somebody else with one of our layers in it."""
    image = keras.Input((SIZE, SIZE, 3), name="photo")
    x = keras.layers.Rescaling(1 / 255)(image)
    skip = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    below = keras.layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(skip)
    below = keras.layers.Conv2D(12, 3, padding="same", activation="relu")(below)
    x = keras.layers.Concatenate()([layer([skip, below]), layers.Upsample()([below, skip])])
    return keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid", name="lesion")(x))


def check(model, precision, drawn, path, int8=0.03, float16=2e-3):
    calibration = drawn if precision == "int8" else None
    # Hardly trained maps lie near 0.5, where masks say little: probabilities are compared.
    report = export.tflite(model, path, precision, calibration=calibration, verify=drawn[:4], limits=export.Limits())
    assert report.mean_abs < {"float32": 1e-5, "float16": float16, "dynamic": 0.02, "int8": int8}[precision]
    assert not any(name.startswith("custom:") for name in export.operators(path.read_bytes()))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["BoundaryReverseAttention", "AttentionGate"])
def test_layers_in_a_foreign_model(name, precision, drawn, tmp_path):
    check(foreign(ATTENTIONS[name]()), precision, drawn, tmp_path / "m.tflite")


@pytest.mark.slow
@pytest.mark.matrix
@pytest.mark.parametrize(
    "name", [name for name in ATTENTIONS if name not in ("BoundaryReverseAttention", "AttentionGate")]
)
def test_the_other_layers(name, drawn, tmp_path):
    model = trained(foreign(ATTENTIONS[name]()), drawn)
    for precision in PRECISIONS:
        check(model, precision, drawn, tmp_path / f"{precision}.tflite")


@pytest.mark.slow
@pytest.mark.matrix
@pytest.mark.parametrize("upsampling", ["conv", "transpose", "bilinear"])
@pytest.mark.parametrize("architecture", [models.UNet, models.AttentionUNet, models.RAUNet])
def test_every_architecture(architecture, upsampling, drawn, tmp_path):
    model = trained(architecture(input_shape=(SIZE, SIZE, 3), width=8, depth=3, upsampling=upsampling), drawn)
    for precision in PRECISIONS:
        check(model, precision, drawn, tmp_path / f"{precision}.tflite")


@pytest.mark.slow
@pytest.mark.matrix
@pytest.mark.parametrize("preset", ["rau_net_small", "rau_net_lite", "rau_net_nano", "unet", "attention_unet"])
def test_every_preset(preset, drawn, tmp_path):
    model = trained(models.from_preset(preset, input_shape=(SIZE, SIZE, 3), weights=None), drawn)
    for precision in PRECISIONS:
        check(model, precision, drawn, tmp_path / f"{precision}.tflite")


@pytest.mark.slow
@pytest.mark.matrix
@pytest.mark.parametrize("name", NARROW)
def test_every_system(name, drawn, tmp_path):
    architecture, narrow = NARROW[name]
    # Maps of AS-Net, normalised in the last layer only, grow beyond what float16 resolves where steps are large.
    rate = 3e-4 if name == "as_net" else 3e-3
    model = trained(architecture(input_shape=(SIZE, SIZE, 3), **narrow), drawn, rate)
    # Narrow, deep ones magnify the rounding of their weights; the export rounds what was folded into them, too.
    float16 = max(2e-3, 3 * rounding(model, drawn[:4]))
    for precision in PRECISIONS:
        # Softmax over a handful of channels and products of maps have few steps in 8 bits, and hardly trained ones vary more.
        check(model, precision, drawn, tmp_path / f"{precision}.tflite", int8=0.1, float16=float16)


@pytest.mark.slow
@pytest.mark.matrix
@pytest.mark.parametrize("encoder", models.list_encoders())
def test_every_encoder(encoder, drawn, tmp_path):
    model = models.RAUNet(input_shape=(SIZE, SIZE, 3), encoder=encoder, width=8)
    for precision in ("float32", "int8"):
        check(model, precision, drawn, tmp_path / f"{precision}.tflite")


class _Repeated(keras.layers.Layer):
    """What `UpSampling2D("nearest")` does in Keras 3."""

    def call(self, inputs):
        return ops.repeat(ops.repeat(inputs, 2, axis=1), 2, axis=2)


def _above(upsampling, size):
    image = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(image)
    return keras.Model(image, keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(upsampling(x)))


def test_ours_is_exported_where_that_of_keras_is_not(drawn, tmp_path):
    """Keras 3.14 to 3.15.1 cannot export its own bilinear upsampling of any size."""
    assert export.tflite(
        _above(layers.Upsample(), None), tmp_path / "m.tflite", image_size=SIZE, verify=drawn[:2]
    ).passed
    assert export.saved_model(_above(layers.Upsample(), None), tmp_path / "saved", verify=drawn[:2]).passed


def test_what_is_no_operator_of_phones_at_any_size_is_one_at_a_fixed_size(tmp_path):
    """Keras's own export writes a Flex operator here without a word; what is left in plain kernels is reported."""
    report = export.tflite(_above(_Repeated(), None), tmp_path / "m.tflite", image_size=SIZE)
    assert not any(name.startswith("custom:") for name in export.operators((tmp_path / "m.tflite").read_bytes()))
    assert report.cost.operators["TILE"] == 2
    assert report.cost.plain == {"TILE": 2}


def test_names_do_not_change_from_run_to_run(drawn, tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    for number in range(2):
        model = foreign(layers.AttentionGate(4))
        path = tmp_path / f"{number}.tflite"
        export.tflite(model, path, verify=drawn[:1])
        found = Interpreter(model_path=str(path)).get_signature_list()
        assert found == {"serving_default": {"inputs": ["image"], "outputs": ["mask"]}}
