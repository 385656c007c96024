"""SavedModel and TFLite files, and what is refused."""

import json
import subprocess
import sys
from itertools import product

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import export, layers, models
from keras_rau.errors import ExportError
from keras_rau.export import parity, to_tflite
from keras_rau.export.parity import Limits

pytestmark = pytest.mark.export


def test_saved_model_is_checked_and_loads_without_this_package(model, tmp_path):
    report = export.saved_model(model, tmp_path / "saved", info={"resize": "squash"})
    assert report.passed
    assert report.max_abs < 1e-5
    assert report.n_images == 16
    images = np.random.default_rng(0).uniform(0, 255, (3, 32, 48, 3)).astype("float32")
    np.save(tmp_path / "images.npy", images)
    script = (
        "import sys, numpy as np\n"
        "sys.modules['keras_rau'] = sys.modules['keras'] = None\n"
        "import tensorflow as tf\n"
        f"serve = tf.saved_model.load(r'{tmp_path / 'saved'}').signatures['serving_default']\n"
        f"found = serve(image=tf.constant(np.load(r'{tmp_path / 'images.npy'}')))\n"
        "assert list(found) == ['mask']\n"
        f"np.save(r'{tmp_path / 'found.npy'}', found['mask'].numpy())\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, capture_output=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), model.predict(images, verbose=0), atol=1e-5)
    assert export.read_sidecar(tmp_path / "saved")["resize"] == "squash"


def test_saved_model_of_any_size(any_size, tmp_path):
    report = export.saved_model(any_size, tmp_path / "saved", info={"image_size": [40, 40]})
    assert report.max_abs < 1e-5
    predictor = export.Predictor(tmp_path / "saved", image_size=(37, 53))
    assert predictor.predict(np.zeros((20, 30, 3), np.uint8)).shape == (20, 30)


@pytest.mark.parametrize("size", [None, 37])
def test_tflite_is_checked_and_has_built_in_operators_only(model, any_size, size, tmp_path):
    path = tmp_path / "m.tflite"
    report = export.tflite(model if size is None else any_size, path, image_size=size)
    assert report.passed
    assert report.max_abs < 1e-4
    found = export.operators(path.read_bytes())
    assert "RESIZE_BILINEAR" in found
    assert not any(name.startswith("custom") for name in found)
    record = json.loads((tmp_path / "m.tflite.json").read_text())
    assert record["image_size"] == ([32, 48] if size is None else [37, 37])
    assert len(record["sha256"]) == 64


_BY_DEFAULT = [(models.RAUNet, "bilinear")]
_IN_CI = [(models.UNet, "conv"), (models.AttentionUNet, "transpose")]


@pytest.mark.parametrize(
    ("architecture", "upsampling"),
    [
        pytest.param(
            *pair,
            marks=[] if pair in _BY_DEFAULT else [pytest.mark.slow, *([] if pair in _IN_CI else [pytest.mark.matrix])],
        )
        for pair in product((models.UNet, models.AttentionUNet, models.RAUNet), ("conv", "transpose", "bilinear"))
    ],
)
def test_every_architecture_from_any_size(architecture, upsampling, tmp_path):
    made = architecture(
        input_shape=(None, None, 3), width=4, depth=2, upsampling=upsampling, separable=upsampling == "bilinear"
    )
    assert export.saved_model(made, tmp_path / "saved", verify=_noise(2, 30), info={"image_size": [30, 30]}).passed
    assert export.tflite(made, tmp_path / "m.tflite", image_size=30, verify=_noise(2, 30)).passed


def _noise(count, size):
    return np.random.default_rng(0).integers(0, 255, (count, size, size, 3), np.uint8)


def _foreign(layer, **head):
    image = keras.Input((32, 32, 3), name="photo")
    skip = keras.layers.Conv2D(6, 3, padding="same", **head)(image)
    below = keras.layers.Conv2D(8, 3, strides=2, padding="same", **head)(skip)
    features = layer([skip, below])
    return keras.Model(image, keras.layers.Conv2D(1, 1, activation="sigmoid")(features))


@pytest.mark.parametrize(
    "layer",
    [
        layers.ReverseAttention(4),
        layers.BoundaryAttention(4),
        layers.BoundaryAttention(4, form="edge"),
        layers.BoundaryReverseAttention(4, separable=True),
        layers.AttentionGate(4),
        layers.AttentionGate(4, form="original"),
    ],
    ids=["ra", "ba", "ba-edge", "bara", "gate", "gate-original"],
)
def test_layers_in_a_foreign_model(layer, tmp_path):
    assert export.tflite(_foreign(layer), tmp_path / "m.tflite", verify=_noise(2, 32)).passed


def test_half_precision_is_exported_in_float32(tmp_path):
    made = models.RAUNet(input_shape=(32, 32, 3), width=4, depth=2, dtype="mixed_float16")
    export.tflite(made, tmp_path / "m.tflite", verify=_noise(2, 32))
    with keras.DTypePolicyScope("mixed_float16") if hasattr(keras, "DTypePolicyScope") else _policy("mixed_float16"):
        foreign = _foreign(layers.ReverseAttention(4))
    assert foreign.layers[1].compute_dtype == "float16"
    export.tflite(foreign, tmp_path / "f.tflite", verify=_noise(2, 32))


class _policy:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.name)

    def __exit__(self, *_):
        keras.config.set_dtype_policy(self.before)


def test_a_difference_is_refused_and_the_file_kept_aside(model, tmp_path, monkeypatch):
    monkeypatch.setitem(to_tflite.LIMITS, "float32", Limits(max_abs=-1.0))
    with pytest.raises(ExportError, match=r"differs from the Keras model by up to .* kept as .*m.tflite.rejected"):
        export.tflite(model, tmp_path / "m.tflite")
    assert not (tmp_path / "m.tflite").exists()
    assert (tmp_path / "m.tflite.rejected").exists()


def test_a_dice_below_the_limit_does_not_read_as_if_it_were_at_it(model, tmp_path, monkeypatch):
    near = parity.ParityReport("images", 2, 0.1, 0.01, 0.99896, 0.99, Limits(dice_mean=0.999))
    monkeypatch.setattr(parity, "compare", lambda *_: near)
    with pytest.raises(ExportError, match=r"of 0\.9989 on average and 0\.9900 at worst"):
        export.tflite(model, tmp_path / "m.tflite")


def test_half_precision_is_half_as_large_and_gives_the_same_masks(model, tmp_path):
    wide = models.RAUNet(input_shape=(32, 32, 3), width=16, depth=2)
    # Untrained maps lie all around 0.5, where any rounding changes the mask.
    wide.get_layer("logits").bias.assign([5.0])
    whole, half = tmp_path / "whole.tflite", tmp_path / "half.tflite"
    export.tflite(wide, whole)
    export.tflite(wide, half, precision="float16")
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    report = export.tflite(model, tmp_path / "m.tflite", precision="float16")
    assert report.dice_mean >= 0.999
    assert 0 < report.max_abs < 0.05
    assert export.read_sidecar(tmp_path / "m.tflite")["precision"] == "float16"


def test_images_to_check_on(model, tmp_path, photo):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(photo).save(folder / "a.png")
    assert export.tflite(model, tmp_path / "1.tflite", verify=folder).images == "images of photos"
    assert export.tflite(model, tmp_path / "2.tflite", verify=[folder / "a.png", photo]).n_images == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="no images"):
        export.tflite(model, tmp_path / "3.tflite", verify=tmp_path / "empty")
    assert not (tmp_path / "3.tflite").exists()


@keras.saving.register_keras_serializable(package="test")
class NeedsFlex(keras.layers.Layer):
    def call(self, inputs):
        import tensorflow as tf

        return tf.raw_ops.Betainc(a=tf.ones_like(inputs), b=tf.ones_like(inputs), x=tf.sigmoid(inputs))


def _small(*extra, outputs=1, channels=3, size=16):
    image = keras.Input((size, size, channels))
    x = keras.layers.Conv2D(1, 1)(image)
    for layer in extra:
        x = layer(x)
    return keras.Model(image, [x] * outputs if outputs > 1 else x)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (lambda: _small(NeedsFlex()), {}, "built-in operators.*Betainc"),
        (lambda: _small(outputs=2), {}, "strip the side outputs"),
        (lambda: _small(channels=1), {}, "height, width, 3"),
        (lambda: _small(size=None), {}, "give image_size"),
        (lambda: _small(), {"image_size": 8}, "16×16"),
        (lambda: _small(), {"precision": "int4"}, "Supported precisions: float32"),
        (lambda: keras.Sequential([keras.layers.Conv2D(1, 1)]), {}, "built keras.Model"),
    ],
)
def test_what_cannot_be_exported(make, arguments, message, tmp_path):
    with pytest.raises(ExportError, match=message):
        export.tflite(make(), tmp_path / "m.tflite", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(model, tmp_path):
    (tmp_path / "m.tflite").write_text("mine")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="exists already"):
        export.tflite(model, tmp_path / "m.tflite")
    with pytest.raises(ExportError, match="exists already"):
        export.saved_model(model, tmp_path / "saved")
    with pytest.raises(ExportError, match=r"end in .tflite"):
        export.tflite(model, tmp_path / "m.lite")
    assert (tmp_path / "m.tflite").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.matrix
def test_paper_model_trains_a_step_and_exports(tmp_path):
    made = models.from_preset("rau_net_paper", weights=None)
    assert models.count_parameters(made) == 48_122_565
    made.compile("sgd", "binary_crossentropy")
    loss = made.train_on_batch(_noise(1, 256).astype("float32"), np.ones((1, 256, 256, 1), "float32"))
    assert np.isfinite(loss)
    assert export.saved_model(made, tmp_path / "saved", verify=_noise(1, 256)).passed
    assert export.tflite(made, tmp_path / "m.tflite", verify=_noise(1, 256)).passed
