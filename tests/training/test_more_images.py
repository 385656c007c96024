"""Training on other data sets besides the one that is split."""

import json
import shutil

import pytest

from keras_rau import datasets
from keras_rau.errors import DataError, RauError
from keras_rau.evaluation.model_file import chosen_samples
from keras_rau.training import load_config, train
from keras_rau.training.data.other_datasets import MoreImages, load_more, read_more


def _config(root, more, **changes):
    return load_config(
        overrides={
            "data.data_dir": str(root / "own"),
            "data.image_size": 32,
            "model.name": "rau_net_nano",
            "model.depth": 2,
            "epochs": 1,
            "also_train": {"folder": str(more)},
            **changes,
        }
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("sources")
    datasets.load("phantom", root / "own", n=20, size=48)
    datasets.load("phantom", root / "more", n=6, size=40, seed=7)
    return root


@pytest.fixture(scope="module")
def sets(root):
    return dict(zip(("train", "val", "test"), datasets.split(datasets.load("phantom", root / "own")), strict=True))


def _with_copy(root, target, sample):
    """The other data set, and in it an image of the first under another name."""
    shutil.copytree(root / "more", target)
    image, mask = next((target / "images").iterdir()), next((target / "masks").iterdir())
    shutil.copy(sample.image, target / "images" / f"copy{image.suffix}")
    shutil.copy(sample.mask, target / "masks" / f"copy{mask.suffix}")
    return target


def test_a_copy_of_a_test_image_is_left_out_and_listed(root, sets, tmp_path):
    more = load_more({"folder": _with_copy(root, tmp_path / "more", sets["test"][0])}, sets)
    assert len(more.samples) == 6
    assert "copy" not in [sample.id for sample in more.samples]
    assert len(more.left_out) == 1
    assert "copy of more" in more.left_out[0]
    more.save(tmp_path)
    assert read_more(tmp_path) == more.names()
    assert (tmp_path / "left_out.txt").read_text() == f"{more.left_out[0]}\n"


def test_an_image_of_the_archive_counts_once(root, sets, tmp_path):
    folder = shutil.copytree(root / "more", tmp_path / "more")
    for path in folder.glob("*/phantom_00000*"):
        path.rename(path.with_name(path.name.replace("phantom_00000", "ISIC_0000001")))
    known = datasets.Sample("isic_0000001", root / "nowhere.jpg", None, "isic2018")
    more = load_more({"folder": folder}, {**sets, "train": [known]})
    assert more.left_out == ["ISIC_0000001 is in train"]
    assert len(more.samples) == 5


def test_equal_names_in_two_folders_are_two_images(root):
    own = datasets.load("folder", root / "own")
    more = load_more({"folder": root / "more"}, {"train": own, "val": own[:1], "test": own[1:2]})
    assert {sample.id for sample in more.samples} <= {sample.id for sample in own}
    assert len(more.samples) == 6


def test_nothing_left_is_an_error(root, sets, tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        source = sets["val"][0].image if kind == "images" else sets["val"][0].mask
        shutil.copy(source, tmp_path / kind / source.name)
    with pytest.raises(DataError, match="Nothing is left of folder"):
        load_more({"folder": tmp_path}, sets)


@pytest.mark.slow
def test_a_training_learns_from_them_and_says_so(root, tmp_path):
    config = _config(root, root / "more", batch_size=4)
    run = tmp_path / "run"
    result = train(config, run)
    assert result["training"]["images"] == {"train": 14, "val": 2, "test": 4, "more": 6}
    assert len((run / "files.csv").read_text().splitlines()) == 1 + 26
    assert len(read_more(run / "split")) == 6
    info = json.loads((run / "checkpoints/best.keras.json").read_text())
    assert sorted(f"folder/{name}" for name in info["also_train"]["folder"]) == sorted(read_more(run / "split"))
    with pytest.raises(RauError, match="6 of these 6 images were trained on"):
        chosen_samples(run / "checkpoints/best.keras", "folder", root / "more", None)


@pytest.mark.slow
def test_resuming_with_other_images_is_refused(root, tmp_path):
    more = shutil.copytree(root / "more", tmp_path / "more")
    train(_config(root, more), tmp_path / "run")
    for kind in ("images", "masks"):
        sorted((more / kind).iterdir())[0].unlink()
    with pytest.raises(RauError, match="are not those that the training"):
        train(_config(root, more), tmp_path / "run", resume=True)


def test_a_missing_folder_is_found_before_the_training(root, tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist"):
        train(_config(root, root / "nowhere"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_without_any():
    assert MoreImages().names() == []
