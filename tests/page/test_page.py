"""The web page: how it is built, and what it finds in a real browser."""

import base64
import io
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import export, pretrained
from keras_rau.datasets import draw_phantom, read_image
from keras_rau.errors import ExportError
from keras_rau.page import building
from keras_rau.page.building import build_page
from keras_rau.page.serving import page_server

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def test_what_the_page_cannot_run(tmp_path):
    keras_file = tmp_path / "m.keras"
    with pytest.raises(ExportError, match=r"runs .tflite files"):
        build_page(keras_file, tmp_path / "page")
    model = tmp_path / "m.tflite"
    content = pretrained.tflite_file("rau_net_nano").read_bytes()
    model.write_bytes(content[: content.index(b"PK\x03\x04")])  # without what is appended to it
    with pytest.raises(ExportError, match="says nothing of itself"):
        build_page(model, tmp_path / "page")
    (tmp_path / "m.tflite.json").write_text('{"image_size": [224, 224], "preprocess": [{"name": "hair"}]}')
    with pytest.raises(ExportError, match="preprocessed"):
        build_page(model, tmp_path / "page")
    (tmp_path / "m.tflite.json").write_text('{"image_size": [224, 224], "outline_styles": ["tight"]}')
    with pytest.raises(ExportError, match="maps of several outline styles"):
        build_page(model, tmp_path / "page")


def test_without_the_registry_nothing_is_written(tmp_path):
    model = pretrained.tflite_file("rau_net_nano")
    with pytest.raises(ExportError, match=r"cannot be fetched.*--registry"):
        build_page(model, tmp_path / "page", "http://127.0.0.1:9")
    assert not (tmp_path / "page").exists()


def test_another_file_than_expected_is_refused(tmp_path):
    for name in ("core", "wasm-utils"):
        file = tmp_path / "@litertjs" / name / "-" / f"{name}-2.5.3.tgz"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"other")
    with pytest.raises(ExportError, match="SHA-512"):
        build_page(pretrained.tflite_file("rau_net_nano"), tmp_path / "page", tmp_path.as_uri())


def test_the_page_names_the_files_that_are_fetched():
    text = (building.FILES / "index.html").read_text()
    for _, files in building._PACKAGES.values():
        for name in files.values():
            assert name in text or name.startswith("wasm/")


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """A folder with puppeteer-core."""
    if not Path(CHROMIUM).exists() or shutil.which("npm") is None:
        pytest.skip("needs Chromium and npm")
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "puppeteer-core@25.16.0"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def photos(tmp_path):
    """Photos of several shapes, one turned by EXIF, one smaller than the model's frame, and a file that is none."""
    files = []
    for index, (height, width) in enumerate([(300, 400), (500, 260), (150, 120), (320, 320)]):
        image = cv2.resize(draw_phantom(5, index, 512)[0], (width, height))
        files.append(tmp_path / f"photo_{index}.jpg")
        exif = Image.Exif()
        exif[0x0112] = 6 if index == 3 else 1
        Image.fromarray(image).save(files[-1], quality=95, exif=exif)
    (tmp_path / "text.png").write_text("no image")
    return [*files, tmp_path / "text.png"]


def browse(modules, page, files, picture):
    """What the page in a browser finds in files."""
    server = page_server(page, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://localhost:{server.server_port}/"
        words = ["node", str(HERE / "browse.mjs"), str(modules), address, str(picture), *map(str, files)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dice(one, other):
    total = one.sum() + other.sum()
    return 1.0 if total == 0 else 2 * (one & other).sum() / total


def several_classes(activation):
    """A model whose classes follow the brightness of a pixel; each is found in every phantom."""
    import keras

    image = keras.Input((64, 48, 3))
    names = ("background", "nevus", "melanoma") if activation == "softmax" else ("network", "globules", "a/b")
    layer = keras.layers.Conv2D(3, 1, activation=activation, name="colours")
    model = keras.Model(image, layer(keras.layers.Rescaling(1 / 255)(image)))
    layer.kernel.assign(np.full((1, 1, 3, 3), np.array([20, 10, -5]) / 3))
    layer.bias.assign([-10.0, -4.2, 2.1])
    return model, names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activation", "precision"), [("softmax", "float32"), ("softmax", "int8"), ("sigmoid", "float32")]
)
def test_classes_in_the_browser_are_those_of_python(tmp_path, modules, photos, activation, precision):
    made, names = several_classes(activation)
    path = tmp_path / "m.tflite"
    drawn = [draw_phantom(3, index, 64)[0] for index in range(12)] if precision == "int8" else None
    export.tflite(made, path, precision, calibration=drawn, classes=names, limits=export.Limits())
    result = browse(modules, build_page(path, tmp_path / "page"), photos, tmp_path / "page.png")
    assert result["problems"] == []
    predictor = export.Predictor(path)
    assert all(name in result["legend"] for name in predictor.outputs.foreground)
    found = {one["name"]: one for one in result["found"]}
    for file in photos[:-1]:
        wanted, one = predictor.predict(read_image(file)), found[file.name]
        masks = predictor.outputs.class_masks(wanted)
        files = {name: np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for name, one in one["files"].items()}
        if activation == "softmax":
            numbers = files[f"{file.stem}_mask.png"][..., 0]
            assert np.mean(numbers != wanted) < 0.01
            saved = {name: numbers == predictor.outputs.names.index(name) for name in masks}
        else:
            saved = {name: files[f"{file.stem}_{name.replace('/', '_')}_mask.png"][..., 0] == 255 for name in masks}
        for name, mask in masks.items():
            assert dice(saved[name], mask == 1) >= 0.98, (file.name, name)
            assert json.loads(one["areas"])[name] == saved[name].sum()
    assert all(any(json.loads(one["areas"])[name] for one in found.values() if "areas" in one) for name in masks)


@pytest.mark.slow
def test_a_model_without_probabilities_is_an_error_of_the_image_in_the_browser(tmp_path, modules, photos):
    made, names = several_classes("sigmoid")
    path = tmp_path / "m.tflite"
    export.tflite(made, path, classes=names)
    page = build_page(path, tmp_path / "page")
    made.get_layer("colours").bias.assign([float("nan")] * 3)
    _write_unchecked(made, page / "model.tflite")
    result = browse(modules, page, photos[:1], tmp_path / "page.png")
    assert "NaN or values outside [0, 1]" in result["found"][0]["caption"]
    assert result["found"][0]["files"] == {}


def _write_unchecked(model, path):
    import tensorflow as tf

    from keras_rau.export.to_tflite import write_frozen

    write_frozen(model, path.with_suffix(""), (1, 64, 48, 3))
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(path.with_suffix(""))).convert())


def test_what_the_page_would_misread(tmp_path, monkeypatch):
    source = pretrained.tflite_file("rau_net_nano")
    shutil.copy(source, tmp_path / "m.tflite")
    info = export.read_sidecar(source)
    for change, message in [
        ({"threshold": 2}, "above 0 and below 1"),
        ({"sha256": "0" * 64}, "is not the model that"),
        ({"sha256": None, "classes": {"names": ["lesion"], "logits": True}}, "gives logits"),
        ({"sha256": None, "classes": {"names": ["a", "b"]}}, "has 1 channels"),
    ]:
        (tmp_path / "m.tflite.json").write_text(json.dumps({**info, **change}))
        with pytest.raises(ExportError, match=message):
            build_page(tmp_path / "m.tflite", tmp_path / "page")
    (tmp_path / "m.tflite.json").unlink()
    detail = {"dtype": np.int8, "quantization": (1 / 256, -128), "shape": (1, 128, 128, 1)}
    fake = type("Backend", (), {"channels": 1, "input": detail, "output": detail})
    monkeypatch.setattr(building, "open_backend", lambda *_, **__: fake)
    with pytest.raises(ExportError, match="counts in int8"):
        build_page(tmp_path / "m.tflite", tmp_path / "page")


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "resize"), [("float16", "squash"), ("int8", "letterbox")])
def test_masks_in_the_browser_are_those_of_python(tmp_path, modules, photos, precision, resize):
    model = tmp_path / "m.tflite"
    if precision == "float16":
        shutil.copy(pretrained.tflite_file("rau_net_lite"), model)
        shutil.copy(f"{pretrained.tflite_file('rau_net_lite')}.json", f"{model}.json")
    else:
        drawn = [draw_phantom(3, index, 96)[0] for index in range(24)]
        from keras_rau.models import from_preset

        made = from_preset("rau_net_nano", input_shape=(96, 96, 3))
        info = {"name": "nano", "resize": resize}
        export.tflite(made, model, "int8", calibration=drawn, info=info, limits=export.Limits())
    real = os.environ.get("KERAS_RAU_DATA")
    if real:
        photos += sorted(Path(real, "HAM10000", "HAM10000_images").glob("*.jpg"))[:8]
    page = build_page(model, tmp_path / "page")
    result = browse(modules, page, photos, tmp_path / "page.png")
    assert result["problems"] == []
    assert result["foreign"] == [], "the page asked another host"
    found = {one["name"]: one for one in result["found"]}
    assert len(found) == len(photos)
    assert "not an image" in found.pop("text.png")["caption"]
    predictor = export.Predictor(model)
    assert predictor.resize == resize
    for file in photos:
        if file.name not in found:
            continue
        one = found[file.name]
        mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["mask"]))).convert("L")) > 127
        wanted = predictor.predict(read_image(file)) == 1
        assert mask.shape == wanted.shape
        assert dice(mask, wanted) >= 0.99, file.name
        assert int(one["area"]) == mask.sum()
        assert one["saved"] == f"{file.stem}_mask.png"
        assert "ms" in one["caption"]
    assert any(int(one["area"]) > 0 for one in found.values())
