"""One class for every kind of file."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keras_rau import export
from keras_rau.datasets import fit_image, restore
from keras_rau.errors import ExportError

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def files(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    model.save(folder / "m.keras")
    export.saved_model(model, folder / "saved")
    export.tflite(model, folder / "m.tflite")
    return [folder / "m.keras", folder / "saved", folder / "m.tflite"]


def test_all_three_agree_with_the_model(model, files, photo):
    fitted = fit_image(photo, (32, 48))[None].astype("float32")
    wanted = restore(model.predict(fitted, verbose=0)[0, ..., 0], photo.shape[:2])
    for path in files:
        predictor = export.Predictor(path)
        found = predictor.predict_proba(photo)
        assert found.shape == photo.shape[:2]
        np.testing.assert_allclose(found, wanted, atol=1e-4)
        mask = predictor.predict(photo)
        assert mask.dtype == np.uint8
        np.testing.assert_array_equal(mask, found >= 0.5)


def test_batches_of_different_sizes(files, photo):
    images = [photo, photo[:20], np.ascontiguousarray(photo[:, :33])]
    for path in files:
        predictor = export.Predictor(path)
        together = predictor.predict_batch(images)
        for image, found in zip(images, together, strict=True):
            np.testing.assert_allclose(found, predictor.predict_proba(image), atol=1e-5)
        assert predictor.predict_batch([]) == []


def test_grey_and_alpha(files, photo):
    predictor = export.Predictor(files[2])
    grey = photo[..., 0]
    np.testing.assert_array_equal(predictor.predict(grey), predictor.predict(np.stack([grey] * 3, -1)))
    alpha = np.concatenate([photo, photo[..., :1]], -1)
    np.testing.assert_array_equal(predictor.predict(alpha), predictor.predict(photo))


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_arrays_are_refused(files, bad):
    with pytest.raises(TypeError, match="Received"):
        export.Predictor(files[2]).predict(bad)


def test_threads(files, photo):
    predictor = export.Predictor(files[2], threads=1)
    wanted = predictor.predict_proba(photo)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: predictor.predict_proba(photo), range(20)):
            np.testing.assert_array_equal(found, wanted)


def test_the_sidecar_says_how_images_are_fed(model, tmp_path, photo):
    model.save(tmp_path / "m.keras")
    export.write_sidecar(tmp_path / "m.keras", {"resize": "squash", "threshold": 0.4})
    predictor = export.Predictor(tmp_path / "m.keras")
    assert predictor.resize == "squash"
    assert predictor.threshold == 0.4
    (tmp_path / "m.keras.json").write_text("{")
    with pytest.raises(ExportError, match=r"m.keras.json is damaged"):
        export.Predictor(tmp_path / "m.keras")


def test_damaged_missing_and_foreign_files(tmp_path):
    with pytest.raises(ExportError, match="does not exist"):
        export.Predictor(tmp_path / "nothing.keras")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match=r"neither a SavedModel \(saved_model.pb\) nor a run directory"):
        export.Predictor(tmp_path / "folder")
    (tmp_path / "folder" / "saved_model.pb").write_bytes(b"x")
    for name in ("m.keras", "m.tflite"):
        (tmp_path / name).write_bytes(b"not a model")
    for name in ("folder", "m.keras", "m.tflite"):
        with pytest.raises(ExportError, match=name):
            export.Predictor(tmp_path / name)
    (tmp_path / "m.pkl").write_bytes(b"x")
    with pytest.raises(ExportError, match="pickles"):
        export.Predictor(tmp_path / "m.pkl")


def test_another_size_is_refused(files):
    with pytest.raises(ExportError, match="32×48"):
        export.Predictor(files[2], image_size=64)


def test_tflite_needs_neither_tensorflow_nor_keras(files, photo, tmp_path):
    np.save(tmp_path / "photo.npy", photo)
    script = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'scipy', 'sklearn', 'pydantic'): sys.modules[name] = None\n"
        "import numpy as np\n"
        "from keras_rau.export import Predictor\n"
        f"mask = Predictor(r'{files[2]}').predict(np.load(r'{tmp_path / 'photo.npy'}'))\n"
        f"np.save(r'{tmp_path / 'mask.npy'}', mask)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "mask.npy"), export.Predictor(files[2]).predict(photo))


def test_one_call_for_every_kind_of_file(files, photo, tmp_path):
    from PIL import Image

    Image.fromarray(photo).save(tmp_path / "photo.png")
    for path in files:
        wanted = export.Predictor(path, largest=True).predict(photo)
        np.testing.assert_array_equal(export.predict(photo, path, largest=True), wanted)
        np.testing.assert_array_equal(export.predict(tmp_path / "photo.png", path, largest=True), wanted)
    assert export.predict(photo).shape == photo.shape[:2]
    with pytest.raises(ExportError, match="does not exist"):
        export.predict(photo, tmp_path / "none.tflite")


def test_a_model_that_was_replaced_is_loaded_again(model, photo, tmp_path):
    path = tmp_path / "m.keras"
    model.save(path)
    first = export.predict(photo, path)
    assert first.any()

    twin = model.clone()
    twin.set_weights([np.zeros_like(one) for one in model.get_weights()])
    twin.get_layer("logits").bias.assign([-9.0])
    twin.save(path)
    assert not export.predict(photo, path).any()
