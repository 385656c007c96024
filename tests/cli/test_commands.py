"""The command line: what it prints, what it returns."""

import errno
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, losses, models
from keras_rau.cli import train
from keras_rau.cli.export import _default_name
from keras_rau.cli.options import fresh_output
from tests.command import run_command


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = tmp_path_factory.mktemp("cli")
    datasets.load("phantom", root / "phantoms", n=12, size=48)
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(32, 32, 3), depth=2)
    model.save(root / "m.keras")
    return root


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nsys.argv = ['keras-rau', '--help']\n"
        "from keras_rau.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'cv2', 'tensorflow_data_validation', 'sklearn', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    for command in ("train", "evaluate", "compare", "predict", "export", "models", "demo", "download", "preview"):
        assert command in found.stdout


def test_models(monkeypatch, capsys):
    status, out, _ = run_command(monkeypatch, capsys, "models", "--json")
    assert status == 0
    rows = {row["name"]: row for row in json.loads(out)}
    assert rows["unet"]["parameters"] == 34_527_041
    assert set(rows) == set(models.list_presets())


def test_help_names_every_loss():
    assert sorted(train._LOSSES.split(", ")) == sorted(losses.names())


def test_version(monkeypatch, capsys):
    status, out, _ = run_command(monkeypatch, capsys, "--version")
    assert (status, out.split()[0]) == (0, "keras-rau")


def test_print_config(monkeypatch, capsys):
    status, out, _ = run_command(
        monkeypatch, capsys, "train", "--print-config", "--loss", "tversky", "--set", "loss.alpha=0.2"
    )
    assert status == 0
    assert "alpha: 0.2" in out
    assert "learning_rate: 0.001" in out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["train", "--set", "optimiser.x=1"], 2, "did you mean 'optimizer'"),
        (["train", "--set", "epochs"], 2, "KEY=VALUE"),
        (["train", "--data-dir", "x", "--resume"], 2, "--output"),
        (["evaluate", "--dataset", "phantom", "--data-dir", "x"], 2, "either --model"),
        (["evaluate", "--dataset", "phantom", "--data-dir", "x", "--masks", "x", "--largest"], 2, "is for --model"),
        (["evaluate", "--dataset", "phantom", "--data-dir", "x", "--masks", "x", "--split", "val"], 2, "--split-dir"),
        (["evaluate", "--model", "x", "--dataset", "phantom", "--data-dir", "x", "--set", "seed=1"], 2, "data.options"),
        (["train", "--output", "x"], 2, "--data-dir"),
        (["train", "nothing.yaml"], 1, "nothing.yaml"),
        (["train", "x" * 300], 2, "No file and no ready configuration"),
        (["train", "--output", "x", "--data-dir", "nowhere", "--dataset", "isic2018"], 1, "nowhere does not exist"),
        (["train", "--output", "x", "--data-dir", ".", "--model", "unett"], 2, "Did you mean 'unet'"),
        (["train", "--output", "x", "--data-dir", ".", "--loss", "dise"], 2, "Did you mean 'dice'"),
        (["train", "--output", "x", "--data-dir", ".", "--loss", "publishd"], 2, "Did you mean 'published'"),
        (["train", "--output", "x", "--data-dir", ".", "--dataset", "isic2081"], 2, "Did you mean 'isic2018'"),
        (["predict", "x.jpg", "--model", "rau_net_small"], 2, "without trained weights"),
        (["predict", "x.jpg", "--model", "nonsense"], 2, "No file and no preset"),
        (["predict", "x.jpg", "--model", "nothing.keras"], 1, "does not exist"),
        (["predict", "x.jpg", "--model", "x" * 300 + ".keras"], 1, "does not exist"),
        (["export", "--model", "x.keras", "--format", "onnx", "--output", "x"], 2, "onnx"),
        (["export", "--model", "x.keras", "--format", "tflite", "--output", "x"], 2, "must end in .tflite"),
        (["evaluate", "--model", "x", "--dataset", "phantom", "--data-dir", "x"], 2, "No file and no preset"),
        (["train", "--output", "x", "--data-dir", "p", "--set", "data.options.n=abc"], 2, "`n` must be a whole number"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_exit_status_and_one_clear_line(monkeypatch, capsys, tmp_path, words, status, message):
    monkeypatch.chdir(tmp_path)
    found, _, err = run_command(monkeypatch, capsys, *words)
    assert found == status, err
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_evaluate(monkeypatch, capsys, files, tmp_path):
    words = ["evaluate", "--model", files / "m.keras", "--dataset", "phantom", "--data-dir", files / "phantoms"]
    status, out, err = run_command(
        monkeypatch, capsys, *words, "--json", tmp_path / "s.json", "--csv", tmp_path / "s.csv"
    )
    assert status == 0, err
    result = json.loads((tmp_path / "s.json").read_text())
    assert result["n_images"] == 12
    assert {"dice", "iou", "miou", "threshold_jaccard", "accuracy", "sensitivity", "specificity"} <= set(result["ci95"])
    assert {"model", "dataset", "split", "versions"} <= set(result)
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 13
    assert f"{result['dice']:.4f}" in out
    status, _, err = run_command(monkeypatch, capsys, *words, "--split", "test")
    assert status == 1
    assert "--split all" in err


def test_evaluate_names_an_image_that_cannot_be_read_and_keeps_the_scores_of_the_others(
    monkeypatch, capsys, files, tmp_path
):
    shutil.copytree(files / "phantoms", tmp_path / "set")
    (tmp_path / "set" / "phantom.json").unlink()
    (tmp_path / "set" / "images" / "phantom_00003.jpg").write_bytes(b"damaged")
    words = ["evaluate", "--model", files / "m.keras", "--dataset", "folder", "--data-dir", tmp_path / "set"]
    status, out, err = run_command(
        monkeypatch, capsys, *words, "--csv", tmp_path / "s.csv", "--json", tmp_path / "s.json"
    )
    assert status == 1
    assert not out
    assert "1 of 12 images cannot be scored" in err
    assert "phantom_00003.jpg" in err
    assert "scores of the other 11 images are in" in err
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 12
    assert not (tmp_path / "s.json").exists()


def test_evaluate_in_depth_and_compare(monkeypatch, capsys, files, tmp_path):
    words = ["evaluate", "--model", files / "m.keras", "--dataset", "phantom", "--data-dir", files / "phantoms"]
    extras = ["--surface", "--spacing", "0.1", "--by", "lesion_size", "--worst", tmp_path / "worst"]
    results = ["--csv", tmp_path / "a.csv", "--json", tmp_path / "a.json"]
    status, out, err = run_command(monkeypatch, capsys, *words, *extras, *results)
    assert status == 0, err
    result = json.loads((tmp_path / "a.json").read_text())
    assert {"hd95", "nsd", "hd95_mm"} <= set(result["ci95"])
    assert sum(group["n_images"] for group in result["by"]["lesion_size"].values()) == 12
    assert len(list((tmp_path / "worst").iterdir())) == 11
    assert "by lesion_size" in out
    status, _, err = run_command(monkeypatch, capsys, *words[:-1], tmp_path / "nowhere")
    assert status == 1
    assert "nowhere does not exist" in err
    status, _, err = run_command(monkeypatch, capsys, *words, "--by", "age")
    assert status == 1
    assert "Received: 'age'" in err
    status, _, err = run_command(monkeypatch, capsys, *words, "--spacing", "0.1")
    assert status == 2
    comparison = ["compare", tmp_path / "a.csv", tmp_path / "a.csv", "--score", "hd95", "--json", tmp_path / "c.json"]
    status, out, err = run_command(monkeypatch, capsys, *comparison)
    assert status == 0, err
    assert json.loads((tmp_path / "c.json").read_text())["ties"] == 12
    assert "Wilcoxon" in out
    status, _, err = run_command(monkeypatch, capsys, "compare", tmp_path / "a.csv", tmp_path / "b.csv")
    assert status == 1
    assert "b.csv does not exist" in err


def test_export_and_predict(monkeypatch, capsys, files, tmp_path):
    target = tmp_path / "m.tflite"
    status, out, err = run_command(
        monkeypatch, capsys, "export", "--model", files / "m.keras", "--format", "tflite", "--output", target
    )
    assert status == 0, err
    assert "largest difference to Keras" in out
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, size in (("a.jpg", (70, 50)), ("b.png", (33, 91))):
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (*size[::-1], 3), np.uint8)).save(photos / name)
    (photos / "broken.jpg").write_text("no image")
    words = ["predict", photos, "--model", target, "--output", tmp_path / "masks", "--overlay"]
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert "1 image(s) could not be segmented" in err
    assert "broken.jpg" in err
    assert datasets.read_mask(tmp_path / "masks" / "a_mask.png").shape == (50, 70)
    assert datasets.read_image(tmp_path / "masks" / "b_overlay.png").shape == (91, 33, 3)
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert "holds masks already. Go on there with --resume" in err


def test_two_images_of_one_name(monkeypatch, capsys, files, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (9, 9)).save(tmp_path / folder / "a.png")
    words = ["predict", tmp_path / "one", tmp_path / "two", "--model", files / "m.keras", "--output", tmp_path / "m"]
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert f"a_mask.png is the mask of {tmp_path / 'one/a.png'}" in err
    assert (tmp_path / "m/a_mask.png").exists()


def test_outputs_that_are_not_named_are_fresh(monkeypatch, capsys, tmp_path):
    """Without training or exporting anything: where would it be written?"""
    monkeypatch.chdir(tmp_path)
    written = []
    monkeypatch.setattr("keras_rau.training.train", lambda _, output, **__: written.append(output) or {})
    monkeypatch.setattr("keras_rau.training.demo.run_demo", lambda output, *_: written.append(output))
    for name in ("run", "demo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text("")
    status, _, err = run_command(monkeypatch, capsys, "train", "--dataset", "phantom", "--data-dir", "p")
    assert status == 0, err
    assert "run is taken: writing to run-2" in err
    assert run_command(monkeypatch, capsys, "demo")[0] == 0
    assert [path.name for path in written] == ["run-2", "demo-2"]
    assert [
        _default_name(*each) for each in (("tflite", "float32"), ("tflite", "int8"), ("saved_model", "float32"))
    ] == [
        "out/model.tflite",
        "out/model_int8.tflite",
        "out/saved_model",
    ]
    (tmp_path / "out").mkdir()
    (tmp_path / "out/model.tflite").write_text("mine")
    assert fresh_output("out/model.tflite") == Path("out/model-2.tflite")


def test_debug_shows_the_traceback(monkeypatch, capsys):
    with pytest.raises(Exception, match=r"nothing.yaml"):
        run_command(monkeypatch, capsys, "train", "nothing.yaml", "--debug")


@pytest.mark.slow
@pytest.mark.matrix  # `make demo` does the same
def test_demo(tmp_path):
    command = [
        sys.executable,
        "-P",
        "-c",
        "from keras_rau.cli import main; main()",
        "demo",
        "--output",
        str(tmp_path / "d"),
    ]
    subprocess.run([*command, "--images", "40", "--epochs", "2", "--image-size", "64"], check=True, capture_output=True)
    report = (tmp_path / "d" / "report.md").read_text()
    assert "| TFLite |" in report
    assert (tmp_path / "d" / "run" / "overlays.png").exists()


def test_an_error_of_the_system_is_one_line_that_names_the_file(monkeypatch, capsys):
    def fail():
        raise OSError(errno.ENAMETOOLONG, "File name too long", "a\n" * 5000)

    monkeypatch.setattr("keras_rau.cli.app", fail)
    status, _, err = run_command(monkeypatch, capsys, "models")
    assert (status, len(err.splitlines())) == (1, 1)
    assert re.fullmatch(r"error: Cannot use a\\na\\n.{,300}…: File name too long\.\n", err)
