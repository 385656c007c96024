"""Which images of which data set several models, or the model of a run, are scored on."""

import io
import json

import pytest
from PIL import Image
from rich.console import Console

from keras_rau import datasets
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import RauError
from keras_rau.evaluation.chosen_samples import chosen_samples
from tests.command import run_command


@pytest.fixture
def own(tmp_path):
    """A folder whose files have names of their own."""
    for number in range(4):
        image, mask = draw_phantom(0, number, 40)
        (tmp_path / "own" / str(number)).mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "own" / str(number) / "photo.png")
        Image.fromarray(mask * 255).save(tmp_path / "own" / str(number) / "outline.png")
    return tmp_path / "own"


def _run(folder, data, split, **options):
    (folder / "checkpoints").mkdir(parents=True)
    words = "".join(f"    {key}: '{value}'\n" for key, value in options.items())
    (folder / "config.yaml").write_text(f"data:\n  dataset: folder\n  data_dir: {data}\n  options:\n{words}")
    model = folder / "checkpoints/best.keras"
    model.write_text("")
    info = {"dataset": "folder", "split": split}
    model.with_name("best.keras.json").write_text(json.dumps(info))
    return model


PATTERNS = {"image_pattern": "{id}/photo.png", "mask_pattern": "{id}/outline.png"}
SPLIT = {"train": ["0"], "val": ["1"], "test": ["2", "3"]}


def test_the_options_of_the_run_count_for_its_data_set(own, tmp_path):
    model = _run(tmp_path / "run", own, SPLIT, **PATTERNS)
    console = Console(file=io.StringIO(), width=300)
    found = chosen_samples(model, "folder", own, "test", console=console)
    assert [sample.id for sample in found] == ["2", "3"]
    assert f"data options of {tmp_path / 'run'}: image_pattern={{id}}/photo.png" in console.file.getvalue()
    # Those that are given go over them.
    with pytest.raises(RauError):
        chosen_samples(model, "folder", own, "test", {"image_pattern": "{id}/other.png"})
    moved = own.rename(tmp_path / "moved")
    assert len(chosen_samples(model, "folder", moved, "test")) == 2
    with pytest.raises(RauError):  # another folder is another data set
        chosen_samples(model, "folder", moved, "all")
    # Of another data set they say nothing.
    datasets.load("phantom", tmp_path / "p", n=3, size=40)
    assert len(chosen_samples(model, "phantom", tmp_path / "p", None)) == 3


def test_models_with_different_options_need_a_word(own, tmp_path):
    one = _run(tmp_path / "a", own, SPLIT, **PATTERNS)
    other = _run(tmp_path / "b", own, SPLIT, **{**PATTERNS, "image_pattern": "*/{id}.png"})
    with pytest.raises(RauError, match="--option image_pattern=VALUE"):
        chosen_samples([one, other], "folder", own, "test")
    found = chosen_samples([one, other], "folder", own, "test", {"image_pattern": "{id}/photo.png"})
    assert [sample.id for sample in found] == ["2", "3"]


def test_folds_are_not_scored_on_what_one_of_them_has_seen(own, tmp_path):
    one = _run(tmp_path / "a", own, SPLIT, **PATTERNS)
    other = _run(tmp_path / "b", own, {"train": ["2"], "val": ["3"], "test": ["0", "1"]}, **PATTERNS)
    with pytest.raises(RauError, match=r"have different test sets: of the folds of a cross-validation"):
        chosen_samples([one, other], "folder", own, "test")
    with pytest.raises(RauError, match=r"4 of these 4 images were trained on or used to choose one of the 2 models"):
        chosen_samples([one, other], "folder", own, None)
    again = _run(tmp_path / "c", own, {**SPLIT, "train": ["1"], "val": ["0"]}, **PATTERNS)
    assert len(chosen_samples([one, again], "folder", own, "test")) == 2


def test_several_models_are_scored_together(own, monkeypatch, capsys, tmp_path):
    options = [f"--option={key}={value}" for key, value in PATTERNS.items()]
    alike = [f"--set=data.options.{key}={value}" for key, value in PATTERNS.items()]
    words = ["evaluate", "--dataset", "folder", "--data-dir", own, "--model", "rau_net_nano"]
    scores = []
    for more in (options, alike, [*options, "--model", "rau_net_lite"]):
        status, _, err = run_command(monkeypatch, capsys, *words, *more, "--json", tmp_path / "s.json")
        assert status == 0, err
        scores.append(json.loads((tmp_path / "s.json").read_text()))
    assert scores[0]["dice"] == scores[1]["dice"] != scores[2]["dice"]
    assert [isinstance(each["model"], list) for each in scores] == [False, False, True]


def test_train_takes_options_as_evaluate_does(monkeypatch, capsys):
    for words in (["--option", "unpaired=drop"], ["--set", "data.options.unpaired=drop"]):
        status, out, err = run_command(monkeypatch, capsys, "train", "--print-config", *words)
        assert status == 0, err
        assert "unpaired: drop" in out
