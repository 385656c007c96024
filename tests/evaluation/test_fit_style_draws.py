"""The script that simulates clinics, in miniature."""

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from keras_rau.evaluation.style_images import StyleImage

_SCRIPT = Path(__file__).parents[2] / "benchmarks/fit_style_draws.py"
_AWAY = np.hypot(*(np.mgrid[:24, :24] - 11.5)).ravel()


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("fit_style_draws", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _clinic(wider):
    rng = np.random.default_rng(0)
    found = []
    for number in range(16):
        radius = rng.uniform(5, 7)
        default = radius - _AWAY
        maps = np.stack([default, default - 2, default + 2], axis=-1).astype("float32")
        found.append(StyleImage(str(number), maps, radius + wider + rng.normal(0, 0.5) > _AWAY))
    return found


def test_clinics_with_a_shift_gain_and_the_one_without_is_mostly_left_alone(script, monkeypatch, tmp_path):
    monkeypatch.setattr(script, "Predictor", lambda path: SimpleNamespace(threshold=0.5))
    monkeypatch.setattr(script, "_clinics", lambda *_: iter([("wide", _clinic(2)), ("no shift", _clinic(0))]))
    words = ["--model", "m.tflite", "--isic", "i", "--ph2", "p", "--draws", "4", "--sizes", "8", "--penalties", "0.05"]
    monkeypatch.setattr(sys, "argv", ["fit_style_draws", *words, "--output", str(tmp_path / "draws.json")])
    script.main()
    wide, same = json.loads((tmp_path / "draws.json").read_text())["rows"]
    assert wide["by_margin"]["0.005"]["accepted"]["share"] == 1
    assert wide["by_margin"]["0.005"]["accepted_and_harmful"]["share"] == 0
    assert wide["by_margin"]["0.005"]["gain"]["low"] > 0.1
    assert same["by_margin"]["0.01"]["gain"]["mean"] == pytest.approx(0, abs=0.02)
    shares = [same["by_margin"][margin]["accepted"]["share"] for margin in ("0.0", "0.005", "0.01")]
    assert shares == sorted(shares, reverse=True)


def test_a_list_with_forbidden_images_is_refused(script, tmp_path):
    (tmp_path / "never.txt").write_text("a\nb\n")
    arguments = SimpleNamespace(never=tmp_path / "never.txt")
    with pytest.raises(SystemExit, match="1 images of the model's test list"):
        next(script._clinics(SimpleNamespace(info={"split": {"test": ["b", "c"]}}), arguments))
