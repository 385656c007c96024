"""The trained weights that come with the package."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from keras_rau import datasets, evaluation, export, models, pretrained
from keras_rau.datasets.sources.phantom_drawing import draw_phantom

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))
SPLIT = ROOT / "benchmarks/splits/isic2018"


def _info(name):
    return export.read_sidecar(pretrained.tflite_file(name))


def _drawn(count):
    return [draw_phantom(3, number, 200) for number in range(count)]


def test_two_models_and_their_size():
    assert pretrained.names() == ["rau_net_lite", "rau_net_nano"]
    assert pretrained.DEFAULT in pretrained.names()
    assert sum(path.stat().st_size for path in pretrained.FOLDER.iterdir() if path.is_file()) < 16e6


@pytest.mark.parametrize("name", pretrained.names())
def test_what_lies_beside_them(name):
    info = _info(name)
    assert info["name"] == name
    assert "non-commercial" in info["licence"]
    assert info["sha256"] == hashlib.sha256(pretrained.tflite_file(name).read_bytes()).hexdigest()
    for part in ("train", "val", "test"):
        assert sorted(info["split"][part]) == sorted((SPLIT / f"{part}.txt").read_text().split())
    assert not set(info["also_train"]["ham10000"]) & {*info["split"]["val"], *info["split"]["test"]}
    assert "/" not in json.dumps(info["distilled_from"]) if "distilled_from" in info else True


@pytest.mark.parametrize("name", pretrained.names())
def test_the_card_says_what_a_card_must_say(name):
    card = pretrained.card_file(name).read_text(encoding="utf-8")
    for heading in (
        "Intended use",
        "Limits",
        "Training data",
        "Figures",
        "By diagnosis",
        "By lesion size",
        "Failures",
        "Licence",
        "How it was trained",
    ):
        assert f"## {heading}" in card
    assert "no medical device" in card
    assert "keras-rau train" in card
    scored = json.loads((ROOT / f"benchmarks/results/models/{name}/test.json").read_text())
    assert f"{scored['dice']:.4f}" in card


@pytest.mark.parametrize("name", pretrained.names())
def test_keras_and_tflite_say_the_same(name):
    predictor = export.Predictor(pretrained.tflite_file(name))
    model = models.from_preset(name, input_shape=(*predictor.size, 3))
    assert models.count_parameters(model) < (120_000 if name == "rau_net_nano" else 4_000_000)
    for image, truth in _drawn(4):
        fitted = datasets.fit_image(image, predictor.size)[None].astype("float32")
        wanted = datasets.restore(model.predict(fitted, verbose=0)[0, ..., 0], image.shape[:2]) >= 0.5
        found = predictor.predict(image)
        assert evaluation.image_scores(wanted, found)["dice"] > 0.99
        assert evaluation.image_scores(truth, found)["dice"] > 0.5


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="KERAS_RAU_DATA names no folder")
@pytest.mark.parametrize(("name", "least"), [("rau_net_lite", 0.87), ("rau_net_nano", 0.84)])
def test_real_images_that_were_kept_aside(name, least):
    samples = datasets.load("isic2018", REAL / "ISIC2018")
    chosen = datasets.apply_split({"test": _info(name)["split"]["test"][:40]}, samples, "test")["test"]
    _, summary = evaluation.evaluate(export.Predictor(pretrained.tflite_file(name)), chosen)
    assert summary["dice"] > least


def test_another_size_and_other_classes():
    model = models.from_preset("rau_net_nano", input_shape=(None, None, 3))
    image = np.zeros((1, 40, 56, 3), "float32")
    assert model.predict(image, verbose=0).shape == (1, 40, 56, 1)
    with pytest.raises(ValueError, match="are of another model"):
        models.from_preset("rau_net_nano", width=4)
