"""Scoring a folder of mask files."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.errors import DataError, UsageError
from keras_rau.evaluation import evaluate_folder, evaluate_masks, image_scores
from keras_rau.outputs import Outputs
from tests.command import run_command


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("masks") / "p"
    return root, datasets.load("phantom", root, n=5, size=40)


@pytest.fixture
def masks(data, tmp_path):
    """The true masks, moved by two columns."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for sample in data[1]:
        moved = np.roll(datasets.read_mask(sample.mask), 2, axis=1)
        Image.fromarray(moved * 255).save(folder / f"{sample.image.stem}_mask.png")
    return folder


def test_each_mask_is_scored_by_the_official_rules(data, masks):
    rows, result = evaluate_masks(masks, data[1], surface=True)
    assert [row["id"] for row in rows] == [sample.id for sample in data[1]]
    for row, sample in zip(rows, data[1], strict=True):
        truth = datasets.read_mask(sample.mask)
        expected = image_scores(truth, np.roll(truth, 2, axis=1))
        assert {key: row[key] for key in expected} == expected
        assert row["hd95"] > 0
    assert result["n_images"] == 5
    assert result["dice"] == pytest.approx(np.mean([row["dice"] for row in rows]))


@pytest.mark.parametrize("ending", ["", "_mask", "_segmentation", "_lesion", "_pred"])
def test_names(data, masks, ending):
    for path in list(masks.iterdir()):
        path.rename(masks / f"{path.stem.removesuffix('_mask')}{ending}.png")
    assert evaluate_masks(masks, data[1])[1]["n_images"] == 5


def test_what_predict_writes_beside_the_masks_is_passed_over(data, masks):
    first = data[1][0]
    shutil.copy(first.image, masks / f"{first.image.stem}_overlay.png")
    (masks / "regions.csv").write_text("image,mask\n")
    (masks / ".keras-rau").mkdir()
    shutil.copy(first.mask, masks / ".keras-rau" / "x.png")
    assert evaluate_masks(masks, data[1])[1]["n_images"] == 5


def _missing(folder, names):
    (folder / f"{names[0]}_mask.png").unlink()
    return rf"the image {names[0]} has no mask"


def _extra(folder, names):
    shutil.copy(folder / f"{names[0]}_mask.png", folder / "stranger_mask.png")
    return r"stranger_mask.png is the mask of no image"


def _twice(folder, names):
    shutil.copy(folder / f"{names[1]}_mask.png", folder / f"{names[1]}.bmp")
    return rf"the image {names[1]} has several masks: .*{names[1]}"


def _small(folder, names):
    Image.new("L", (7, 9)).save(folder / f"{names[2]}_mask.png")
    return rf"{names[2]}_mask.png is 7×9 pixels, its image .* 40×40"


def _damaged(folder, names):
    (folder / f"{names[2]}_mask.png").write_text("x")
    return rf"{names[2]}_mask.png is damaged or no image"


def _grey(folder, names):
    values = np.linspace(0, 255, 1600).astype(np.uint8).reshape(40, 40)
    Image.fromarray(values).save(folder / f"{names[3]}_mask.png")
    return rf"{names[3]}_mask.png"


@pytest.mark.parametrize("spoil", [_missing, _extra, _twice, _small, _damaged, _grey])
def test_what_does_not_fit_is_named(data, masks, spoil):
    words = spoil(masks, [sample.image.stem for sample in data[1]])
    with pytest.raises(DataError, match=words):
        evaluate_masks(masks, data[1])


def test_a_name_that_fits_two_images_is_ambiguous(data, tmp_path):
    import dataclasses

    one = data[1][0]
    other = dataclasses.replace(one, id=f"{one.id}_mask")
    masks = tmp_path / "m"
    masks.mkdir()
    shutil.copy(one.mask, masks / f"{one.id}_mask.png")
    with pytest.raises(DataError, match="is the mask of several images"):
        evaluate_masks(masks, [one, other])


def _three(tmp_path, values):
    """Phantoms of three exclusive classes in label images of these values."""
    classes = dict(zip(values, ("background", "lesion", "globules"), strict=True))
    for number in range(3):
        for name in ("images", "masks", "found"):
            (tmp_path / name).mkdir(exist_ok=True)
        Image.new("RGB", (12, 10), "white").save(tmp_path / "images" / f"{number}.png")
        numbers = np.zeros((10, 12), np.uint8)
        numbers[2:6, number:8], numbers[7:9, 3:5] = 1, 2
        Image.fromarray(np.array(values, np.uint8)[numbers]).save(tmp_path / "masks" / f"{number}.png")
        numbers[7, 3] = 1
        Image.fromarray(numbers).save(tmp_path / "found" / f"{number}_mask.png")
    return datasets.load("folder", tmp_path, classes=classes)


def _record(folder, outputs):
    (folder / ".keras-rau").mkdir()
    (folder / ".keras-rau/prediction.json").write_text(json.dumps({"classes": outputs.to_config()}))


def test_class_numbers_of_predict_are_scored_by_class(tmp_path):
    samples = _three(tmp_path, (0, 100, 200))
    outputs = Outputs(("background", "lesion", "globules"))
    with pytest.raises(DataError, match="holds the value"):  # the data set's own values are expected of others
        evaluate_masks(tmp_path / "found", samples)
    _record(tmp_path / "found", outputs)
    rows, result = evaluate_masks(tmp_path / "found", samples)
    assert rows[0]["dice_globules"] == pytest.approx(6 / 7)
    assert result["by_class"]["globules"]["n_present"] == 3
    shutil.rmtree(tmp_path / "found/.keras-rau")
    _record(tmp_path / "found", Outputs(("background", "globules", "lesion")))
    with pytest.raises(UsageError, match="cannot be compared"):
        evaluate_masks(tmp_path / "found", samples)


def test_others_write_the_values_of_the_data_set(tmp_path):
    samples = _three(tmp_path, (0, 2, 1))
    assert evaluate_masks(tmp_path / "masks", samples)[1]["dice"] == 1
    rows, _ = evaluate_masks(tmp_path / "found", samples)
    assert rows[0]["dice_globules"] < 0.5  # 1 is globules here


def test_overlapping_classes_have_a_file_each(tmp_path):
    for number in range(2):
        for name in ("images", "masks", "found"):
            (tmp_path / name).mkdir(exist_ok=True)
        Image.new("RGB", (12, 10), "white").save(tmp_path / "images" / f"{number}.png")
        for place, name in enumerate(("globules", "streaks")):
            plane = np.zeros((10, 12), np.uint8)
            plane[place : 4 + place, 2:7] = 255
            Image.fromarray(plane).save(tmp_path / "masks" / f"{number}_{name}.png")
            Image.fromarray(plane).save(tmp_path / "found" / f"{number}_{name}_mask.png")
    classes = {"files": {"globules": "masks/{id}_globules.png", "streaks": "masks/{id}_streaks.png"}}
    samples = datasets.load("folder", tmp_path, classes=classes)
    rows, result = evaluate_masks(tmp_path / "found", samples)
    assert (result["dice"], rows[0]["dice_streaks"]) == (1, 1)
    (tmp_path / "found/1_streaks_mask.png").unlink()
    with pytest.raises(DataError, match=r"the image 1 has no mask of streaks, such as 1_streaks_mask.png"):
        evaluate_masks(tmp_path / "found", samples)


def test_the_command_and_a_set_of_lists(data, masks, monkeypatch, capsys, tmp_path):
    root, samples = data
    words = ["evaluate", "--masks", masks, "--dataset", "phantom", "--data-dir", root]
    status, out, err = run_command(monkeypatch, capsys, *words, "--json", tmp_path / "s.json", "--by", "lesion_size")
    assert status == 0, err
    found = json.loads((tmp_path / "s.json").read_text())
    assert (found["masks"], found["split"], found["n_images"]) == (str(masks), "all", 5)
    assert "5 images of phantom" in out
    (tmp_path / "split").mkdir()
    datasets.save_split(tmp_path / "split", train=samples[:2], val=samples[2:3], test=samples[3:])
    for sample in samples[:3]:
        (masks / f"{sample.image.stem}_mask.png").unlink()
    status, _, err = run_command(monkeypatch, capsys, *words)
    assert status == 1
    assert "3 problem(s) with the masks" in err
    _, result = evaluate_folder(masks, "phantom", root, split="test", split_dir=tmp_path / "split")
    assert (result["n_images"], result["split"]) == (2, "test")
    with pytest.raises(UsageError, match="--split-dir"):
        evaluate_folder(masks, "phantom", root, split="test")
