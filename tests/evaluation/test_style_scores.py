"""Scores by who or what drew the outline."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, evaluation
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation.style_scores import style_scores, style_table, styles_of_values
from keras_rau.outputs import Outputs
from tests.command import run_command

ROWS, COLUMNS = np.mgrid[:40, :40] - 19.5
AWAY = np.hypot(ROWS, COLUMNS)


class _Predictor:
    """A round lesion whose probability falls by 0.05 a pixel and is 0.5 at `radius`."""

    outputs = Outputs()

    def __init__(self, radius=10.0):
        self.radius = radius

    def predict_batch(self, images):
        return [np.clip(0.5 + 0.05 * (self.radius - AWAY), 0, 1).astype("float32") for _ in images]

    def to_mask(self, probabilities):
        return self.outputs.decide(probabilities)


@pytest.fixture
def samples(tmp_path):
    """Three outlines two pixels inside of the model's, three four pixels outside, and one of which nothing is known."""
    lines = ["image_id,tool"]
    for name in ("images", "masks"):
        (tmp_path / "clinic" / name).mkdir(parents=True)
    for number, tool in enumerate(["T2"] * 3 + ["T1"] * 3 + [""]):
        radius = {"T2": 8, "T1": 14, "": 10}[tool]
        Image.fromarray(np.full((40, 40, 3), 100 + number, np.uint8)).save(tmp_path / f"clinic/images/a{number}.png")
        Image.fromarray((radius > AWAY).astype(np.uint8) * 255).save(tmp_path / f"clinic/masks/a{number}.png")
        lines.append(f"a{number},{tool}")
    (tmp_path / "clinic/metadata.csv").write_text("\n".join(lines) + "\n")
    return datasets.load("folder", tmp_path / "clinic")


def test_each_habit_has_its_scores_its_best_threshold_and_its_own_map(samples):
    predictor = _Predictor()
    rows, _ = evaluation.evaluate(predictor, samples)
    found = style_scores(
        predictor,
        samples,
        rows,
        "tool",
        styles={"T2": "tight"},
        open_style=lambda name: _Predictor({"tight": 8.0}[name]),
    )
    assert list(found) == ["T1", "T2", "(none)"]
    assert {name: result["n_images"] for name, result in found.items()} == {"T1": 3, "T2": 3, "(none)": 1}
    assert found["T2"]["best_threshold"] == pytest.approx(0.6)
    assert found["T1"]["best_threshold"] == pytest.approx(0.3)
    for tool in ("T1", "T2"):
        assert found[tool]["dice_at_best_threshold"] > found[tool]["dice"] + 0.1
    assert found["T2"]["own_style"]["dice"] == pytest.approx(1, abs=0.02)
    assert "own_style" not in found["T1"]
    columns = [column.header for column in style_table("tool", found).columns]
    assert columns[-3:] == ["own style", "its dice", "95 % interval"]


def test_values_are_of_the_style_of_their_name_or_of_the_one_stated():
    assert styles_of_values(("tight", "loose"), {"T2": "tight"}) == {"tight": "tight", "loose": "loose", "T2": "tight"}
    with pytest.raises(UsageError, match=r"Styles of this model: tight, loose\. Received: 'T2=narrow'"):
        styles_of_values(("tight", "loose"), {"T2": "narrow"})
    with pytest.raises(UsageError, match="This model has no outline styles"):
        styles_of_values((), {"T2": "tight"})


def test_evaluate_file_scores_by_style_column(samples, tmp_path, monkeypatch):
    class Known(_Predictor):
        def __init__(self, paths, *, style=None, **options):
            super().__init__({"tight": 8.0, None: 10.0}[style])
            self.members = [SimpleNamespace(styles=("tight",))]
            self.refinement = SimpleNamespace(stated=dict)

    monkeypatch.setattr("keras_rau.export.Predictor", Known)
    monkeypatch.setattr("keras_rau.evaluation.model_file.chosen_samples", lambda *_, **__: samples)
    options = {"style_column": "tool", "style_values": {"T2": "tight"}}
    _, result = evaluation.evaluate_file("m.tflite", "folder", tmp_path / "clinic", **options)
    assert result["by_style"]["tool"]["T2"]["style"] == "tight"
    assert result["by_style"]["tool"]["T2"]["own_style"]["dice"] > result["by_style"]["tool"]["T2"]["dice"]
    with pytest.raises(RauError, match="no column to group them by"):
        evaluation.evaluate_file("m.tflite", "folder", tmp_path / "clinic", style_column="tol")
    with pytest.raises(UsageError, match="need the column"):
        evaluation.evaluate_file("m.tflite", "folder", tmp_path / "clinic", style_values={"T2": "tight"})


def test_the_command_shows_the_table_and_refuses_words_without_sense(samples, tmp_path, monkeypatch, capsys):
    words = ["evaluate", "--dataset", "folder", "--data-dir", tmp_path / "clinic", "--style-column", "tool"]
    status, out, err = run_command(monkeypatch, capsys, *words, "--model", "rau_net_nano")
    assert status == 0, err
    assert "best threshold" in out
    assert "T2" in out
    status, _, err = run_command(monkeypatch, capsys, *words, "--model", "rau_net_nano", "--style-value", "T2:tight")
    assert (status, "written VALUE=STYLE" in err) == (2, True)
    status, _, err = run_command(monkeypatch, capsys, *words, "--model", "rau_net_nano", "--style-value", "T2=tight")
    assert (status, "no outline styles" in err) == (2, True)
    status, _, err = run_command(monkeypatch, capsys, *words, "--masks", tmp_path / "clinic/masks")
    assert (status, "--style-column is for --model" in err) == (2, True)
