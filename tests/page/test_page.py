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
