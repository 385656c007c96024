"""The signatures of a SavedModel that servers use."""

import io
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_rau import export, models
from keras_rau.datasets import draw_phantom

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """SavedModels of one network: letterboxed at its own size, and squashed, of any size."""
    folder = tmp_path_factory.mktemp("served")
    model = models.from_preset("rau_net_nano", input_shape=(96, 128, 3))
    export.saved_model(model, folder / "letterbox", info={"threshold": 0.4})
    any_size = models.from_preset("rau_net_nano", input_shape=(None, None, 3))
    export.saved_model(any_size, folder / "any", info={"image_size": [96, 96], "resize": "squash"})
    return folder


@pytest.fixture(scope="module")
def photos():
    shapes = [(200, 300), (300, 140), (60, 80), (97, 129), (96, 128)]
    return [cv2.resize(draw_phantom(5, index, 256)[0], shape[::-1]) for index, shape in enumerate(shapes)]


def encoded(image, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def decoded(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("name", ["letterbox", "any"])
def test_files_in_masks_out(served, photos, name):
    serve = tf.saved_model.load(str(served / name)).signatures["serving_bytes"]
    found = serve(image_bytes=tf.constant([encoded(photo) for photo in photos]))
    predictor = export.Predictor(served / name)
    assert found["mask"].shape[0] == len(photos)
    assert set(found["error"].numpy()) == {b""}
    for photo, content in zip(photos, found["mask_bytes"].numpy(), strict=True):
        mask = decoded(content)
        assert mask.shape == photo.shape[:2]
        assert set(np.unique(mask)) <= {0, 255}
        wanted = predictor.predict(photo)
        # Both average over areas, but OpenCV rounds otherwise in the last bit.
        assert np.mean((mask > 0) != (wanted > 0)) < 0.01


def test_a_damaged_file_harms_no_other(served, photos):
    serve = tf.saved_model.load(str(served / "letterbox")).signatures["serving_bytes"]
    whole = encoded(photos[0])
    grey = encoded(photos[0][..., 0])
    found = serve(image_bytes=tf.constant([whole, b"no image", whole[:900], b"", grey, encoded(photos[0], "JPEG")]))
    errors = found["error"].numpy()
    assert [bool(error) for error in errors] == [False, True, True, True, False, False]
    assert b"not a readable JPEG, PNG or BMP image" in errors[1]
    assert [bool(content) for content in found["mask_bytes"].numpy()] == [True, False, False, False, True, True]
    assert not np.any(found["mask"][1:4])
    alone = serve(image_bytes=tf.constant([whole]))
    np.testing.assert_allclose(found["mask"][0], alone["mask"][0], atol=1e-5)
    assert found["mask_bytes"].numpy()[0] == alone["mask_bytes"].numpy()[0]


def test_bytes_are_pixels(served, photos):
    signatures = tf.saved_model.load(str(served / "letterbox")).signatures
    batch = np.stack([photos[4], photos[4][::-1]])
    one = signatures["serving_uint8"](image=tf.constant(batch))["mask"]
    other = signatures["serving_default"](image=tf.constant(batch, tf.float32))["mask"]
    np.testing.assert_array_equal(one, other)


def test_no_python_is_left_in_the_graph(served):
    content = (served / "letterbox" / "saved_model.pb").read_bytes()
    for name in (b"PyFunc", b"EagerPyFunc"):
        assert name not in content
    shown = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "tensorflow.python.tools.saved_model_cli",
            "show",
            "--all",
            "--dir",
            served / "any",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for words in ("serving_bytes", "serving_uint8", "inputs['image_bytes']", "outputs['mask_bytes']"):
        assert words in shown


@pytest.mark.slow
def test_a_model_with_preprocessing_takes_no_files(tmp_path):
    model = models.from_preset("rau_net_nano", input_shape=(64, 64, 3))
    with pytest.warns(UserWarning, match="serving_bytes is left out"):
        export.saved_model(model, tmp_path / "saved", info={"preprocess": [{"name": "grey_world"}]})
    assert "serving_bytes" not in tf.saved_model.load(str(tmp_path / "saved")).signatures
