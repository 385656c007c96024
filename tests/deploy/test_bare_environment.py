"""A .tflite file runs where only NumPy, OpenCV and LiteRT are installed."""

import json
import subprocess
import time
import venv
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from keras_rau import export, pretrained
from keras_rau.datasets import draw_phantom

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys, time
import numpy, cv2, ai_edge_litert.interpreter
start = time.perf_counter()
from keras_rau.export import Predictor
seconds = time.perf_counter() - start
from keras_rau import pretrained
mask = Predictor(pretrained.tflite_file("rau_net_nano")).predict(numpy.load(sys.argv[1]))
numpy.save(sys.argv[2], mask)
print(json.dumps({"seconds": seconds, "modules": sorted(name.partition(".")[0] for name in sys.modules)}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment made with `pip install --no-deps`."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, with_pip=True)
    names = ("numpy", "opencv-python-headless", "ai-edge-litert", "lazy-loader")
    words = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
    ]
    subprocess.run([*words, *[f"{name}=={version(name)}" for name in names]], check=True, capture_output=True)
    copy = tmp_path_factory.mktemp("source") / "keras-rau"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=False, capture_output=True)
    source = copy if copy.exists() else ROOT
    # What is not committed yet is tested, too.
    for name in ("keras_rau", "export", "datasets"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(source)], check=True)
    subprocess.run([*words, str(source)], check=True, capture_output=True)
    return folder / "bin" / "python"


@pytest.mark.slow
def test_masks_without_tensorflow_keras_or_pillow(python, tmp_path):
    photo = draw_phantom(1, 0, 300)[0]
    np.save(tmp_path / "photo.npy", photo)
    seconds = []
    for _ in range(3):
        words = [str(python), "-P", "-c", SCRIPT, str(tmp_path / "photo.npy"), str(tmp_path / "mask.npy")]
        done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=tmp_path)
        found = json.loads(done.stdout)
        seconds.append(found["seconds"])
        assert not {"tensorflow", "keras", "PIL", "scipy", "wrapt", "pydantic"} & set(found["modules"])
        time.sleep(0.1)
    assert min(seconds) <= 0.1
    wanted = export.Predictor(pretrained.tflite_file("rau_net_nano")).predict(photo)
    np.testing.assert_array_equal(np.load(tmp_path / "mask.npy"), wanted)
