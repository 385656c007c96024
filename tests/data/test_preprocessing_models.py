"""Predictions and exports preprocess images as the training did."""

import json

import cv2
import keras
import numpy as np
import pytest

from keras_rau import datasets, export
from keras_rau.datasets.preprocessing import as_config, preprocess
from keras_rau.errors import ExportError, RauError, UsageError
from keras_rau.export.parity_images import parity_images
from keras_rau.training.config import load_config

SIZE = 128
HAIRY = np.full((SIZE, SIZE, 3), (214, 160, 140), np.uint8)
cv2.circle(HAIRY, (60, 64), 26, (110, 65, 45), -1)
cv2.line(HAIRY, (5, 20), (120, 70), (32, 26, 22), 2)


def test_the_configuration_takes_steps_and_names_mistakes():
    config = load_config(overrides={"data.preprocess": ["vignette", {"name": "hair", "radius": 5}]})
    assert config.data.preprocess == as_config(["vignette", {"name": "hair", "radius": 5}])
    assert load_config(overrides={"data.preprocess": "hair"}).data.preprocess == as_config("hair")
    assert load_config().data.preprocess == []
    with pytest.raises(RauError, match=r"data\.preprocess.*Did you mean 'hair'"):
        load_config(overrides={"data.preprocess": ["hiar"]})


@pytest.fixture(scope="module")
def model():
    """A map that follows the pixels, so that every change of an image shows."""
    image = keras.Input((64, 64, 3))
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")]
    return keras.Model(image, keras.Sequential(layers)(image))


@pytest.mark.export
@pytest.mark.parametrize("kind", ["keras", "saved_model", "tflite"])
@pytest.mark.filterwarnings("ignore:serving_bytes is left out")
def test_predictors_preprocess_as_their_sidecar_says(model, tmp_path, kind):
    chain = ["hair", {"name": "shades_of_grey", "power": 4}]
    model.save(tmp_path / "m.keras")
    plain = export.Predictor(tmp_path / "m.keras")
    export.write_sidecar(tmp_path / "m.keras", {"resize": "squash", "preprocess": as_config(chain)})
    path = tmp_path / "m.keras"
    if kind != "keras":
        path = tmp_path / ("out.tflite" if kind == "tflite" else "out")
        report = export.from_file(tmp_path / "m.keras", kind, path)
        assert report.passed
    info = export.read_sidecar(path)
    assert info["preprocess"] == as_config(chain)
    assert "must apply keras_rau.datasets.preprocess" in info["preprocess_note"]
    fed = preprocess(datasets.fit_image(HAIRY, (64, 64), "squash"), chain)
    found = export.Predictor(path).backend.run(fed[None].astype(np.float32))[0, ..., 0]
    wanted = datasets.restore(found, (SIZE, SIZE), "squash")
    np.testing.assert_allclose(export.Predictor(path).predict_proba(HAIRY), wanted, atol=1e-6)
    assert np.abs(plain.predict_proba(HAIRY) - wanted).max() > 0.01


def test_exports_are_compared_on_preprocessed_images():
    info = {"resize": "squash", "preprocess": ["shades_of_grey"]}
    (found, *_), _ = parity_images([HAIRY], (64, 64), info)
    fitted = datasets.fit_image(HAIRY, (64, 64), "squash")
    np.testing.assert_array_equal(found, preprocess(fitted, "shades_of_grey"))
    np.testing.assert_array_equal(parity_images([HAIRY], (64, 64), None)[0][0], fitted)


def test_training_and_prediction_feed_the_same_pixels(tmp_path):
    samples = datasets.load("phantom", tmp_path / "phantoms", n=2, size=96)
    chain = as_config(["hair", "vignette", "shades_of_grey"])
    keras.Sequential([keras.Input((64, 64, 3)), keras.layers.Conv2D(1, 1, activation="sigmoid")]).save(
        tmp_path / "m.keras"
    )
    export.write_sidecar(tmp_path / "m.keras", {"preprocess": chain})
    predictor = export.Predictor(tmp_path / "m.keras")
    fed = []
    predictor.backend.run = lambda batch: fed.append(batch) or np.zeros((*batch.shape[:3], 1), np.float32)
    predictor.predict_batch([datasets.read_image(sample.image) for sample in samples])
    (trained, _), *_ = datasets.pipeline(samples, 64, batch_size=2, preprocess=chain).take(1)
    np.testing.assert_array_equal(trained, fed[0])


def test_a_sidecar_without_or_with_unknown_steps(model, tmp_path):
    model.save(tmp_path / "m.keras")
    export.write_sidecar(tmp_path / "m.keras", {"resize": "letterbox"})
    assert export.Predictor(tmp_path / "m.keras").preprocess == ()
    assert "preprocess_note" not in export.read_sidecar(tmp_path / "m.keras")
    sidecar = tmp_path / "m.keras.json"
    sidecar.write_text(json.dumps({"preprocess": [{"name": "dehaze"}]}))
    with pytest.raises(ExportError, match=r"m\.keras\.json: Unknown preprocessing step"):
        export.Predictor(tmp_path / "m.keras")
    with pytest.raises(UsageError, match="Did you mean 'hair'"):
        export.write_sidecar(tmp_path / "other.keras", {"preprocess": ["hiar"]})
    assert not (tmp_path / "other.keras.json").exists()
