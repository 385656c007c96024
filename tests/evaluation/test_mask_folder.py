"""Scoring a folder of mask files."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.errors import DataError, UsageError
from keras_rau.evaluation import evaluate_folder, evaluate_masks, image_scores
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
