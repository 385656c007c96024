"""Files of the same name in several folders: ids by path, sets by folder, and old lists."""

import csv

import pytest

from keras_rau import datasets
from keras_rau.datasets.set_names import set_of
from keras_rau.datasets.sources.called import Called
from keras_rau.datasets.sources.path_ids import PathIds
from keras_rau.errors import DataError, UsageError
from tests.data.source_files import findings, kinds, write


def _kaggle(root, sets=("train", "val", "test"), names=("1", "2")):
    for part in sets:
        for name in names:
            write(root / part / "images" / f"{name}.png")
            write(root / part / "masks" / f"{name}.png", "mask")
    return root


def _ids(root, **options):
    return [sample.id for sample in datasets.survey("folder", root, **options).samples]


def test_a_further_file_renames_no_other(tmp_path):
    write(tmp_path / "train" / "images" / "1.png")
    write(tmp_path / "train" / "masks" / "1.png", "mask")
    assert _ids(tmp_path, ids="path") == ["train_1"]
    _kaggle(tmp_path)
    assert _ids(tmp_path, ids="path") == ["test_1", "test_2", "train_1", "train_2", "val_1", "val_2"]
    write(tmp_path / "images" / "1.png")
    write(tmp_path / "masks" / "1.png", "mask")
    write(tmp_path / "more" / "images" / "photo_1" / "1.png")
    write(tmp_path / "more" / "masks" / "photo_1" / "1.png", "mask")
    found = _ids(tmp_path, ids="path")
    assert set(found) == {"1", "more_photo_1_1", "test_1", "test_2", "train_1", "train_2", "val_1", "val_2"}


def test_the_refusal_names_the_option_and_asks_nobody_to_delete(tmp_path):
    _kaggle(tmp_path)
    for options in (
        {},
        {"recursive": True},
        {"images": ".", "masks": ".", "recursive": True},
        {"image_pattern": "{id}.png", "mask_pattern": "{id}.png", "recursive": True},
        {"image_pattern": "*/images/{id}.png", "mask_pattern": "*/masks/{id}.png"},
    ):
        with pytest.raises(DataError) as caught:
            datasets.load("folder", tmp_path, **options)
        said = str(caught.value)
        assert 'datasets.load("folder", root, ids="path")' in said
        assert "--option ids=path" in said
        assert not any(word in said.lower() for word in ("remove", "delete"))
    assert len(datasets.load("folder", tmp_path, ids="path")) == 6


def test_the_sets_of_folders_are_the_official_split(tmp_path):
    samples = datasets.load("folder", _kaggle(tmp_path), ids="path")
    train, val, test = datasets.split(samples, official=True)
    assert [[sample.id for sample in part] for part in (train, val, test)] == [
        ["train_1", "train_2"],
        ["val_1", "val_2"],
        ["test_1", "test_2"],
    ]
    alone = datasets.survey("folder", _kaggle(tmp_path / "one", ["train"]), ids="path")
    assert {sample.split for sample in alone.samples} == {None}
    assert findings(alone) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train_images"], "train"),
        (["trainImages"], "train"),
        (["Validation"], "val"),
        (["valid", "p1"], "val"),
        (["testing-2"], "test"),
        (["train", "test"], None),
        (["trainer", "contest"], None),
        ([], None),
    ],
)
def test_which_set_folders_name(names, expected):
    assert set_of(names) == expected


@pytest.mark.parametrize(
    ("path", "side", "parts"),
    [
        ("train/images", "image", "train"),
        ("images/train", "image", "train"),
        ("train_masks", "mask", "train"),
        ("data/trainLabels/p1", "mask", "data/train/p1"),
        ("lesion_segmentation/images", "image", ""),
        ("lesion_images", "image", ""),
        ("images/masks", "mask", ""),
        ("images/photo_1", "image", "photo_1"),
        ("Ground Truth/test", "mask", "test"),
        ("ward/__", None, "ward/__"),
        ("", None, ""),
    ],
)
def test_what_folders_say_of_a_file(path, side, parts):
    folders = [part for part in path.split("/") if part]
    assert PathIds().side(folders) == side
    assert "/".join(PathIds().parts(folders)) == parts


def test_lists_by_name_hold_where_a_name_is_unique(tmp_path):
    _kaggle(tmp_path)
    for name in ("5", "6"):
        write(tmp_path / "train" / "images" / f"{name}.png")
        write(tmp_path / "train" / "masks" / f"{name}.png", "mask")
    samples = datasets.load("folder", tmp_path, ids="path")

    def find(*lines):
        chosen = datasets.apply_split({"train": list(lines)}, samples, "the lists")
        return [sample.id for sample in chosen["train"]]

    assert find("5", "6.png") == ["train_5", "train_6"]
    assert find("train/images/1.png", "test/masks/1.png", "val/2.png", "C:\\old\\test\\images\\2.png") == [
        "train_1",
        "test_1",
        "val_2",
        "test_2",
    ]
    assert find("train_1", "old/folder/5.png") == ["train_1", "train_5"]
    with pytest.raises(DataError, match=r"(?s)2 line\(s\) of the lists fit several samples.*1: test_1, train_1, val_1"):
        find("1", "2.png", "train_5")
    # The line names a set that the only picture of this name is not in.
    with pytest.raises(DataError, match=r"1 id\(s\) of the lists are not among"):
        find("test/images/5.png")
    with pytest.raises(DataError, match=r"1 id\(s\) of the lists are not among"):
        find("test/5")


def test_a_line_that_means_a_name_and_a_path_is_refused(tmp_path):
    called = Called({"1": [tmp_path / "images" / "1.png"], "train_1": [tmp_path / "train" / "images" / "1.png"]})
    assert called.find("1") == ["1"]
    assert called.find("train_1") == ["train_1"]
    assert called.find("train/images/1.png") == ["train_1"]
    assert sorted(called.find("train/1.png")) == ["1", "train_1"]
    assert called.find("") == []
    assert called.find("/") == []


def test_tables_may_name_paths(tmp_path):
    _kaggle(tmp_path)
    rows = [("file", "patient"), *((f"{s}/images/{i}.png", f"{s}-{i}") for s in ("train", "val", "test") for i in "12")]
    with (tmp_path / "p.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    samples = datasets.load("folder", tmp_path, ids="path", metadata="p.csv", group_column="patient")
    assert {sample.id: sample.group for sample in samples}["val_2"] == "val-2"


def test_ids_of_the_archive_are_known_behind_folders(tmp_path):
    _kaggle(tmp_path, ["train", "test"], ["ISIC_0000001", "ISIC_0000002"])
    samples = datasets.load("folder", tmp_path, ids="path")
    train, test = ([sample for sample in samples if sample.split == name] for name in ("train", "test"))
    said = [finding.message for finding in datasets.leakage({"train": train, "test": test})]
    assert sum("are the same image" in message for message in said) == 2


def test_two_pictures_of_one_path_are_not_told_to_be_deleted(tmp_path):
    for name in ("train/images/1.png", "train_images/1.jpg"):
        write(tmp_path / name)
    write(tmp_path / "train" / "masks" / "1.png", "mask")
    listing = datasets.survey("folder", tmp_path, ids="path")
    assert kinds(listing) == ["id_twice"]
    assert "Rename one of them, or move it" in findings(listing)[0].message


def test_bad_values(tmp_path):
    with pytest.raises(UsageError, match="`ids` must be 'name' or 'path'"):
        datasets.load("folder", tmp_path, ids="folder")
    with pytest.raises(DataError, match=r"No folder in .* is called foo"):
        datasets.load("folder", _kaggle(tmp_path), ids="path", images="foo")
