"""What an export says of itself: cost, truth, tables, pictures."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, export, models, pretrained
from keras_rau.errors import ExportError
from keras_rau.export.report import draw_differences, markdown, rows, table, write_report
from tests.command import run_command

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    return datasets.load("phantom", tmp_path_factory.mktemp("phantoms"), n=12, seed=0, size=96)


@pytest.fixture(scope="module")
def folder(phantoms):
    return phantoms[0].image.parent


def test_cost_of_the_shipped_file():
    cost = export.cost_of(pretrained.tflite_file("rau_net_nano"), threads=(1,))
    assert cost.bytes == pretrained.tflite_file("rau_net_nano").stat().st_size
    assert cost.operators["CONV_2D"] > 20
    assert cost.plain == {}
    assert cost.latency[0].threads == 1
    assert 0 < cost.latency[0].median_ms <= cost.latency[0].p95_ms
    assert 1 < cost.peak_memory_mb < 200
    assert cost.processor


def test_what_is_not_delegated_is_what_the_interpreter_counts():
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(pretrained.tflite_file("rau_net_lite")))
    interpreter.allocate_tensors()
    names = [node["op_name"] for node in interpreter._get_ops_details()]
    cost = export.cost_of(pretrained.tflite_file("rau_net_lite"), measure=False)
    assert names.count("DELEGATE") == 1
    assert sum(cost.operators.values()) == len(names) - 1
    assert cost.plain == {}


def test_scores_against_truth_and_the_words_for_them(phantoms, tmp_path):
    model = models.from_preset("rau_net_nano", input_shape=(96, 96, 3))
    path = tmp_path / "m.tflite"
    report = export.tflite(model, path, "float16", samples=phantoms, measure=True, limits=export.Limits())
    model.save(tmp_path / "m.keras")
    for file, score in ((tmp_path / "m.keras", report.truth.keras), (path, report.truth.exported)):
        predictor = export.Predictor(file)
        dices = []
        for sample in phantoms:
            image, mask = datasets.read_pair(sample.image, sample.mask)
            found = predictor.predict(image)
            dices.append(2 * (found & mask).sum() / (found.sum() + mask.sum()))
        assert score == pytest.approx(np.mean(dices), abs=1e-3)
    cells = rows(report)
    assert cells["Dice to truth before"] == f"{report.truth.keras:.4f}"
    assert {"ms, 1 thread (95 %)", "ms, 2 threads (95 %)", "memory, MiB"} <= set(cells)
    write_report(tmp_path, {"m.tflite": report})
    content = json.loads((tmp_path / "parity.json").read_text())["m.tflite"]
    assert content["passed"] is True
    assert content["truth"]["n_images"] == len(phantoms)
    text = markdown({"m.tflite": report, "other": report})
    assert "| smallest |" in text
    assert "Truth: masks of 12 images of phantom." in text
    assert table({"m.tflite": report}).row_count == len(cells)


def test_the_picture_shows_where_masks_differ(tmp_path):
    images = [np.full((20, 20, 3), 100, np.uint8), np.full((20, 20, 3), 200, np.uint8)]

    def left(batch):
        return np.repeat(np.arange(20) < 10, 20).reshape(1, 20, 20, 1).swapaxes(1, 2).astype(np.float32)

    def wider(batch):
        cut = 10 if batch.mean() < 150 else 14
        return np.repeat(np.arange(20) < cut, 20).reshape(1, 20, 20, 1).swapaxes(1, 2).astype(np.float32)

    report = export.compare(left, wider, images, "squares", export.Limits())
    assert report.worst[0][0] == 1
    draw_differences(tmp_path / "p.png", report, left, wider, images)
    picture = np.asarray(Image.open(tmp_path / "p.png"))
    blue = (picture == (60, 110, 255)).all(-1)
    assert blue.sum() == 20 * 4
    assert not (picture == (220, 40, 40)).all(-1).any()


@pytest.mark.slow
def test_limits_of_ones_own(monkeypatch, capsys, folder, tmp_path):
    words = ["export", "--model", "rau_net_nano", "--format", "tflite"]
    words += ["--image-size", 96, "--check-dir", folder, "--output", tmp_path / "m.tflite"]
    status, _, err = run_command(monkeypatch, capsys, *words, "--max-abs", 1e-9)
    assert status == 1
    assert "allowed is a difference of at most 1e-09" in err
    assert (tmp_path / "m.tflite.rejected").exists()
    status, out, _ = run_command(monkeypatch, capsys, *words, "--report", tmp_path / "report")
    assert status == 0
    assert "size, MB" in out
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"parity.json", "parity.md", "parity.png"}
    assert cv2.imread(str(tmp_path / "report" / "parity.png")).shape[1] > 4 * 96


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "tflite", "--all"], "either --format"),
        ([], "either --format"),
        (["--all", "--precision", "int8"], "--all has each precision's own limits"),
        (["--format", "saved_model", "--dataset", "ph2"], "belong together"),
        (["--format", "tflite", "--precision", "int8"], "int8 needs --calibration-dir"),
        (["--format", "tflite", "--calibration-dir", "photos"], "--calibration-dir is for int8"),
        (["--format", "tflite", "--integer-only"], "--integer-only is for int8"),
    ],
)
def test_words_that_do_not_fit(monkeypatch, capsys, tmp_path, words, message):
    status, _, err = run_command(
        monkeypatch, capsys, "export", "--model", "rau_net_nano", "--output", tmp_path / "out.tflite", *words
    )
    assert status == 2
    assert message in err


@pytest.mark.slow
def test_every_variant_in_one_folder(monkeypatch, capsys, folder, phantoms, tmp_path):
    words = ["export", "--model", "rau_net_nano", "--all", "--output", tmp_path / "all", "--check-dir", folder]
    words += ["--dataset", "phantom", "--data-dir", folder.parent, "--calibration-dir", folder, "--measure"]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert {"saved_model", "MODEL_CARD.md", "calibration.txt", "parity.json", "parity.md"} <= names
    for precision in ("float32", "float16", "dynamic", "int8"):
        assert {f"model_{precision}.tflite", f"model_{precision}.tflite.json", f"parity_{precision}.png"} <= names
        assert precision in out
    assert export.Predictor(tmp_path / "all" / "saved_model" / "1").predict(np.zeros((9, 9, 3), np.uint8)).shape == (
        9,
        9,
    )


def test_int8_is_left_out_without_images_and_a_failure_stops_no_other(monkeypatch, capsys, tmp_path):
    from keras_rau.export import everything

    def fail(*_, **__):
        raise ExportError("differs too much")

    model = models.from_preset("rau_net_nano", input_shape=(64, 64, 3))
    model.save(tmp_path / "m.keras")
    monkeypatch.setattr(everything, "saved_model", fail)
    monkeypatch.setattr(everything, "_TFLITE", ("float32", "int8"))
    with pytest.raises(ExportError, match=r"(?s)1 variants failed.*saved_model/1: differs too much"):
        export.export_all(tmp_path / "m.keras", tmp_path / "out")
    assert (tmp_path / "out" / "model_float32.tflite").exists()
    assert not (tmp_path / "out" / "model_int8.tflite").exists()
    assert json.loads((tmp_path / "out" / "parity.json").read_text()).keys() == {"model_float32.tflite"}
