"""keras-rau predict with the models of the package."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, evaluation, export, models, pretrained
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from tests.command import run_command


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number, name in enumerate(("a.jpg", "b.png")):
        Image.fromarray(draw_phantom(3, number, 200)[0]).save(folder / name)
    Image.new("RGB", (30, 20), "white").save(folder / "white.png")
    (folder / "broken.jpg").write_text("no image")
    return folder


def test_without_a_model_and_without_tensorflow(photos, tmp_path):
    script = (
        "import sys\n"
        "from keras_rau.cli import main\n"
        f"sys.argv = ['keras-rau', 'predict', r'{photos / 'a.jpg'}', '--output', 'masks', '--overlay']\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "heavy = {'tensorflow', 'keras', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "pixels" in found.stdout
    mask = datasets.read_mask(tmp_path / "masks/a_mask.png")
    assert evaluation.image_scores(draw_phantom(3, 0, 200)[1], mask)["dice"] > 0.5
    assert (tmp_path / "masks/a_overlay.png").exists()


def test_a_folder_and_its_table(monkeypatch, capsys, photos, tmp_path):
    words = ["predict", photos, "--model", "rau_net_nano", "--output", tmp_path / "masks"]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert "1 image(s) could not be segmented" in err
    assert "a_mask.png: " in out
    with (tmp_path / "masks/regions.csv").open(newline="") as file:
        rows = {row["image"].rsplit("/", 1)[1]: row for row in csv.DictReader(file)}
    assert set(rows) == {"a.jpg", "b.png", "broken.jpg", "white.png"}
    mask = datasets.read_mask(tmp_path / "masks/a_mask.png")
    assert int(rows["a.jpg"]["area"]) == mask.sum()
    columns = np.flatnonzero(mask.any(axis=0))
    assert (int(rows["a.jpg"]["left"]), int(rows["a.jpg"]["right"])) == (columns[0], columns[-1] + 1)
    assert rows["broken.jpg"]["error"]
    assert rows["broken.jpg"]["area"] == ""


def test_no_lesion_is_said(monkeypatch, capsys, photos, tmp_path):
    words = [
        "predict",
        photos / "a.jpg",
        "--model",
        "rau_net_nano",
        "--output",
        tmp_path / "masks",
        "--threshold",
        0.9999,
    ]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "no lesion found" in out
    assert "no lesion found in 1 of 1 image(s)" in err


def test_of_several_classes_each_is_said(monkeypatch, capsys, photos, tmp_path):
    model = models.UNet(
        input_shape=(32, 32, 3), width=2, depth=2, classes=3, class_names=["background", "nevus", "scar"]
    )
    kernel, bias = model.get_layer("logits").weights
    kernel.assign(np.zeros(kernel.shape))
    bias.assign([0.0, 9.0, 0.0])
    model.save(tmp_path / "m.keras")
    words = ["predict", photos / "a.jpg", "--model", tmp_path / "m.keras", "--output", tmp_path / "masks"]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "nevus: " in out
    assert "100.0% of the image" in out
    assert "scar: not found" in out
    assert "no lesion" not in out + err
    bias.assign([9.0, 0.0, 0.0])
    model.save(tmp_path / "n.keras")
    words = ["predict", photos / "a.jpg", "--model", tmp_path / "n.keras", "--output", tmp_path / "others"]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "none of the classes found in 1 of 1 image(s)" in err


def test_test_time_options(monkeypatch, capsys, photos, tmp_path):
    words = [
        "predict",
        photos / "a.jpg",
        "--augment",
        "dihedral",
        "--largest",
        "--fill-holes",
        "--output",
        tmp_path / "m",
    ]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "parts" not in out
    status, _, err = run_command(monkeypatch, capsys, "predict", photos, "--threshold", 2, "--output", tmp_path / "n")
    assert status == 2
    assert "above 0 and below 1" in err


def test_evaluate_with_options_and_thresholds(monkeypatch, capsys, tmp_path):
    datasets.load("phantom", tmp_path / "p", n=10, size=64)
    data = ["--model", "rau_net_nano", "--dataset", "phantom", "--data-dir", tmp_path / "p"]
    words = ["evaluate", *data, "--augment", "flips", "--largest", "--find-threshold", "--json", tmp_path / "s.json"]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err

    found = json.loads((tmp_path / "s.json").read_text())
    assert found["refinement"] == {"augment": "flips", "largest": True}
    assert found["thresholds"][str(found["best_threshold"])] == max(found["thresholds"].values())
    assert "best" in out
    status, _, err = run_command(monkeypatch, capsys, "evaluate", *data, "--find-threshold", "--threshold", 0.4)
    assert status == 2
    assert "leave one of them out" in err


def test_a_preset_is_exported_by_its_name(monkeypatch, capsys, tmp_path):
    words = [
        "export",
        "--model",
        "rau_net_nano",
        "--format",
        "tflite",
        "--image-size",
        64,
        "--output",
        tmp_path / "n.tflite",
    ]
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "largest difference to Keras" in out


def test_what_is_finished_is_not_done_again(monkeypatch, capsys, photos, tmp_path):
    words = ["predict", photos / "a.jpg", photos / "b.png", "--model", "rau_net_nano", "--output", tmp_path / "masks"]
    assert run_command(monkeypatch, capsys, *words)[0] == 0
    first = (tmp_path / "masks/regions.csv").read_text()
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert "masks" in err
    assert "--resume" in err
    assert f"such as {tmp_path / 'masks-2'}" in err
    (tmp_path / "masks/b_mask.png").unlink()
    before = (tmp_path / "masks/a_mask.png").stat().st_mtime_ns
    status, _, err = run_command(monkeypatch, capsys, *words, "--resume")
    assert status == 0
    assert "1 were finished before, 1 images in" in err
    assert "images a second" in err
    assert (tmp_path / "masks/a_mask.png").stat().st_mtime_ns == before
    assert (tmp_path / "masks/regions.csv").read_text() == first
    # Without its overlay an image is not finished.
    run_command(monkeypatch, capsys, *words, "--resume", "--overlay")
    assert (tmp_path / "masks/a_overlay.png").exists()


def test_options_of_a_runner_need_one(monkeypatch, capsys, photos, tmp_path):
    words = ["predict", photos / "a.jpg", "--output", tmp_path / "masks", "--runner-option", "x=1"]
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 2
    assert "--runner-option is for a --runner" in err


def test_without_a_named_output_a_fresh_one_is_made(monkeypatch, capsys, photos, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = ["predict", photos / "a.jpg", "--model", "rau_net_nano"]
    assert run_command(monkeypatch, capsys, *words)[0] == 0
    status, out, err = run_command(monkeypatch, capsys, *words)
    assert status == 0, err
    assert "masks is taken: writing to masks-2" in err
    assert "masks: masks-2" in out
    assert (tmp_path / "masks/a_mask.png").read_bytes() == (tmp_path / "masks-2/a_mask.png").read_bytes()
    status, _, err = run_command(monkeypatch, capsys, *words, "--resume")
    assert status == 1
    assert "name one with --output: masks, masks-2" in err
    assert run_command(monkeypatch, capsys, *words, "--resume", "--output", "masks-2")[0] == 0


def test_several_models_are_averaged(monkeypatch, capsys, photos, tmp_path):
    words = ["predict", photos / "a.jpg", "--model", "rau_net_nano"]
    for name, more in (("two", ["--model", "rau_net_lite"]), ("one", [])):
        status, _, err = run_command(monkeypatch, capsys, *words, *more, "--output", tmp_path / name)
        assert status == 0, err
    record = json.loads((tmp_path / "two/.keras-rau/prediction.json").read_text())
    assert [len(model["sha256"]) for model in record["models"]] == [64, 64]
    files = [pretrained.tflite_file(f"rau_net_{name}") for name in ("nano", "lite")]
    mask = datasets.read_mask(tmp_path / "two/a_mask.png")
    np.testing.assert_array_equal(mask, export.Predictor(files).predict(photos / "a.jpg"))
    assert (mask != datasets.read_mask(tmp_path / "one/a_mask.png")).any()


@pytest.mark.tfdv
@pytest.mark.parametrize("mode", ["in_memory", "multi_processing"])
def test_on_beam_the_same_masks(monkeypatch, capsys, photos, tmp_path, mode):
    pytest.importorskip("apache_beam")
    words = ["predict", photos, "--model", "rau_net_nano", "--overlay"]
    assert run_command(monkeypatch, capsys, *words, "--output", tmp_path / "one")[0] == 1
    beam = ["--runner", "DirectRunner", "--runner-option", f"direct_running_mode={mode}"]
    beam += ["--runner-option", "direct_num_workers=2"]
    status, _, err = run_command(monkeypatch, capsys, *words, *beam, "--output", tmp_path / "other")
    assert status == 1
    assert "broken.jpg" in err
    assert "images a second" in err
    names = sorted(path.name for path in (tmp_path / "one").iterdir() if path.is_file())
    assert names == sorted(path.name for path in (tmp_path / "other").iterdir() if path.is_file())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name
    (tmp_path / "other" / "a_mask.png").unlink()
    status, _, err = run_command(monkeypatch, capsys, *words, *beam, "--output", tmp_path / "other", "--resume")
    assert "finished before" in err
    assert (tmp_path / "other" / "a_mask.png").read_bytes() == (tmp_path / "one" / "a_mask.png").read_bytes()
