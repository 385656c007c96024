"""keras-rau validate, and train --validate."""

import json
import shutil
from importlib.util import find_spec

import pytest
from PIL import Image
from rich.console import Console

from keras_rau import datasets
from keras_rau.training.config import load_config
from keras_rau.training.data.validation import load_validated
from tests.command import run_command

with_tfdv = pytest.mark.skipif(find_spec("tensorflow_data_validation") is None, reason="TFDV is not installed")


@pytest.fixture(scope="module")
def phantoms_folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("command") / "phantoms"
    datasets.load("phantom", root, n=24, seed=5, size=64)
    return root


@pytest.fixture
def broken(phantoms_folder, tmp_path):
    root = tmp_path / "broken"
    shutil.copytree(phantoms_folder, root)
    (root / "masks" / "phantom_00003_mask.png").write_text("no image")
    return root


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: run_command(monkeypatch, capsys, *words)


def test_a_clean_set(run, phantoms_folder, tmp_path):
    words = ["validate", "--dataset", "phantom", "--data-dir", phantoms_folder, "--no-tfdv"]
    status, out, err = run(*words, "--report", tmp_path / "r", "--json", tmp_path / "v.json")
    assert status == 0, err
    assert "phantom: 24 images, 0 errors" in out
    assert (tmp_path / "r" / "report.html").stat().st_size > 5000
    assert json.loads((tmp_path / "v.json").read_text())["clean"] is True


def test_a_report_never_goes_over_what_is_there(run, phantoms_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["validate", "--dataset", "phantom", "--data-dir", phantoms_folder, "--no-tfdv"]
    (tmp_path / "report").mkdir()
    (tmp_path / "report/mine.txt").write_text("mine")
    status, _, err = run(*words, "--report", "report")
    assert status == 1
    assert "Name another with --report, such as report-2" in err
    status, out, err = run(*words, "--page")
    assert status == 0, err
    assert "report is taken: writing to report-2" in err
    assert "report: report-2/report.html" in out
    assert run(*words, "--page", "--report", "r")[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "report-2"]
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["mine.txt"]


def test_errors_give_3_and_are_listed(run, broken):
    status, out, err = run("validate", "--dataset", "phantom", "--data-dir", broken, "--no-tfdv")
    assert status == 3, err
    assert "error file_unreadable (1)" in out
    assert "phantom_00003_mask.png" in out


def test_sets_of_a_folder_of_lists(run, phantoms_folder, tmp_path):
    ids = [sample.id for sample in datasets.load("phantom", phantoms_folder)]
    for name, chosen in (("train", ids[:12]), ("val", ids[12:16]), ("test", ids[16:])):
        (tmp_path / f"{name}.txt").write_text("\n".join(chosen))
    words = ["validate", "--dataset", "phantom", "--data-dir", phantoms_folder, "--no-tfdv"]
    status, _, err = run(*words, "--split-dir", tmp_path, "--json", tmp_path / "v.json")
    assert status == 0, err
    assert json.loads((tmp_path / "v.json").read_text())["sets"] == {"train": 12, "val": 4, "test": 8}
    (tmp_path / "val.txt").write_text("nobody")
    status, out, _ = run(*words, "--split-dir", tmp_path)
    assert status == 3
    assert "split_unusable" in out
    status, out, _ = run(*words, "--official-split")
    assert status == 3
    assert "split_unusable" in out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--dataset", "fantom", "--data-dir", "."], 2, "Did you mean 'phantom'"),
        (["--dataset", "ph2", "--data-dir", "nowhere"], 1, "nowhere does not exist"),
        (["--dataset", "ph2", "--data-dir", ".", "--official-split", "--split-dir", "."], 2, "either"),
        (["--dataset", "ph2", "--data-dir", ".", "--split-dir", "."], 1, "train.txt"),
        (["--dataset", "ph2", "--data-dir", ".", "--no-tfdv", "--against", "ph2"], 2, "leave out --no-tfdv"),
        (["--dataset", "ph2", "--data-dir", ".", "--compare-with", "ph2"], 2, "NAME=DIR"),
        (["--dataset", "ph2", "--data-dir", ".", "--runner-option", "a=b"], 2, "--runner"),
        (["--dataset", "phantom", "--data-dir", "p", "--option", "n"], 2, "KEY=VALUE"),
        (["--dataset", "phantom", "--data-dir", "p", "--option", "m=3", "--no-tfdv"], 2, "does not take this option"),
    ],
)
def test_bad_words(run, monkeypatch, tmp_path, words, status, message):
    monkeypatch.chdir(tmp_path)
    found, _, err = run("validate", *words)
    assert (found, message in err) == (status, True), err
    assert "Traceback" not in err


@pytest.mark.tfdv
@with_tfdv
@pytest.mark.filterwarnings("ignore")
def test_schemas_on_the_command_line(run, phantoms_folder, tmp_path):
    words = ["validate", "--dataset", "phantom", "--data-dir", phantoms_folder]
    status, out, err = run(*words, "--write-schema", tmp_path / "mine.pbtxt")
    assert status == 0, err
    status, out, err = run(*words, "--against", tmp_path / "mine.pbtxt", "--compare-with", f"phantom={phantoms_folder}")
    assert status == 0, err
    assert "skew" not in out
    status, out, _ = run(*words, "--against", "ham10000")
    assert status == 3
    assert "Differs from the schema ham10000: diagnosis" in out


def test_train_stops_on_errors_and_writes_nothing(run, broken, tmp_path):
    words = ["train", "--dataset", "phantom", "--data-dir", broken, "--validate", "--output", tmp_path / "run"]
    status, _, err = run(*words, "--model", "rau_net_nano", "--image-size", "32", "--epochs", "1")
    assert status == 1
    assert "1 error(s)" in err
    assert "phantom_00003_mask.png" in err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_train_keeps_the_report(run, phantoms_folder, tmp_path, monkeypatch):
    # TFDV has tests of its own.
    monkeypatch.setattr("keras_rau.datasets.validation.validating.tfdv_installed", lambda: False)
    words = ["train", "--dataset", "phantom", "--data-dir", phantoms_folder, "--validate", "--output", tmp_path / "run"]
    status, _, err = run(*words, "--model", "rau_net_nano", "--image-size", 32, "--epochs", 1, "--set", "model.depth=1")
    assert status == 0, err
    assert "validated 24 images: 0 errors" in err
    assert (tmp_path / "run" / "validation" / "report.html").exists()
    written = json.loads((tmp_path / "run" / "validation" / "validation.json").read_text())
    sets = {name: len((tmp_path / "run" / "split" / f"{name}.txt").read_text().split()) for name in written["sets"]}
    assert written["sets"] == sets


def test_train_refuses_leakage_unless_allowed(run, phantoms_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_rau.datasets.validation.validating.tfdv_installed", lambda: False)
    root = tmp_path / "own"
    shutil.copytree(phantoms_folder, root)
    (root / "phantom.json").unlink()
    first = root / "images" / "phantom_00000.jpg"
    Image.open(first).save(root / "images" / "copy.jpg", quality=70)
    shutil.copy(root / "masks" / "phantom_00000_mask.png", root / "masks" / "copy_mask.png")
    ids = sorted(path.stem for path in (root / "images").iterdir() if path.stem != "copy")
    lists = tmp_path / "lists"
    lists.mkdir()
    for name, chosen in (("train", [*ids[1:14], "copy"]), ("val", ids[14:18]), ("test", [ids[0], *ids[18:]])):
        (lists / f"{name}.txt").write_text("\n".join(chosen))
    words = ["train", "--dataset", "folder", "--data-dir", root, "--validate", "--output", tmp_path / "run"]
    words += ["--model", "rau_net_nano", "--image-size", "32", "--epochs", "1", "--set", f"data.split_dir={lists}"]
    status, _, err = run(*words)
    assert status == 1
    assert "near duplicates" in err
    settings = {"data.dataset": "folder", "data.data_dir": str(root), "data.split_dir": str(lists)}
    config = load_config(overrides={**settings, "data.allow_leakage": True})
    _, result = load_validated(config, Console(stderr=True))
    assert {finding.kind for finding in result.errors} == {"leakage"}


def test_an_id_in_two_lists_is_a_finding_among_the_others(run, tmp_path):
    datasets.load("phantom", tmp_path / "p", n=4, size=40)
    lists = tmp_path / "lists"
    lists.mkdir()
    for name, numbers in (("train", (0, 1)), ("val", (2,)), ("test", (3, 0))):
        (lists / f"{name}.txt").write_text("".join(f"phantom_{number:05}\n" for number in numbers))
    words = ["--dataset", "phantom", "--data-dir", tmp_path / "p", "--split-dir", lists, "--no-tfdv"]
    status, out, err = run("validate", *words)
    assert status == 3, err
    assert "split_unusable" in out
    assert "phantom_00000" in out


def test_what_cannot_be_written_is_known_before_measuring(run, tmp_path):
    datasets.load("phantom", tmp_path / "p", n=2, size=40)
    words = ["validate", "--dataset", "phantom", "--data-dir", tmp_path / "p", "--no-tfdv"]
    for option in ("--report", "--json"):
        status, out, err = run(*words, option, tmp_path / "p" / "phantom.json" / "x")
        assert (status, out) == (1, ""), err
        assert "phantom.json" in err
