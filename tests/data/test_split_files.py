"""Lists of the images of each set."""

from pathlib import Path

import pytest

from keras_rau import datasets
from keras_rau.errors import DataError


def _samples(count):
    return [datasets.Sample(f"ISIC_{i:07d}", Path(f"{i}.jpg"), None, "isic2018") for i in range(count)]


def _ids(parts):
    return {name: [int(s.id[-7:]) for s in part] for name, part in parts.items()}


def test_lists_are_saved_and_loaded(tmp_path):
    samples = _samples(20)
    train, val, test = datasets.split(samples)
    datasets.save_split(tmp_path, train=train, val=val, test=test)
    assert datasets.load_split(tmp_path, samples) == {"train": train, "val": val, "test": test}
    with pytest.raises(DataError, match="not among the 10 samples"):
        datasets.load_split(tmp_path, samples[:10])
    (tmp_path / "val.txt").write_text((tmp_path / "train.txt").read_text())
    with pytest.raises(DataError, match="twice"):
        datasets.load_split(tmp_path, samples)
    (tmp_path / "val.txt").write_text("\n")
    with pytest.raises(DataError, match=r"val.txt is empty"):
        datasets.load_split(tmp_path, samples)
    (tmp_path / "val.txt").unlink()
    with pytest.raises(DataError, match=r"val.txt"):
        datasets.load_split(tmp_path, samples)
    with pytest.raises(DataError, match=r"nowhere does not exist"):
        datasets.load_split(tmp_path / "nowhere", samples)


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        # the five-fold lists of CA-Net and Ms-RED
        (("folder1_train.list", "folder1_validation.list", "folder1_test.list"), "{0}.npy\n"),
        (("train.txt", "val.txt", "test.txt"), "{0}_segmentation.png\n"),
        (("train.txt", "val.txt", "test.txt"), "data/images/{0}.jpg\r\n"),
        (("train.txt", "val.txt", "test.txt"), "C:\\data\\{0}.JPG\n"),
        (("Training.csv", "Validation.csv", "Test.csv"), "{0}.jpg,melanoma\n"),
    ],
)
def test_names_of_files_are_matched_by_id(tmp_path, files, lines):
    for file, numbers in zip(files, ((0, 3), (1,), (2,)), strict=True):
        (tmp_path / file).write_text("".join(lines.format(f"isic_{i:07d}") for i in numbers), newline="")
    found = datasets.load_split(tmp_path, _samples(4))
    assert _ids(found) == {"train": [0, 3], "val": [1], "test": [2]}


def test_csv_with_a_header(tmp_path):
    for file, number in (("train.csv", 0), ("val.csv", 1), ("test.csv", 2)):
        (tmp_path / file).write_text(f"\ufeffage;Image_ID\n50;ISIC_{number:07d}\n", encoding="utf-8")
    (tmp_path / "near_duplicates.csv").write_text("id_a,id_b,distance\n")
    assert _ids(datasets.load_split(tmp_path, _samples(3))) == {"train": [0], "val": [1], "test": [2]}


def test_an_id_may_end_like_a_file(tmp_path):
    samples = [datasets.Sample(name, Path(name), None, "folder") for name in ("a.png", "a", "b_mask", "B_MASK")]
    (tmp_path / "train.txt").write_text("a.png\na\n")
    (tmp_path / "val.txt").write_text("b_mask\n")
    (tmp_path / "test.txt").write_text("B_MASK.png\n")
    found = datasets.load_split(tmp_path, samples)
    assert [[s.id for s in part] for part in found.values()] == [["a.png", "a"], ["b_mask"], ["B_MASK"]]


def test_what_is_missing_or_left_over_is_listed(tmp_path):
    for name, number in (("train", 0), ("val", 1), ("test", 2)):
        (tmp_path / f"{name}.txt").write_text(f"ISIC_{number:07d}\n")
    (tmp_path / "train.txt").write_text("ISIC_0000000\nISIC_9999999.jpg\n")
    with pytest.raises(DataError, match=r"1 id.s.(?s:.*)ISIC_9999999(?s:.*)missing='drop'"):
        datasets.load_split(tmp_path, _samples(3))
    with pytest.warns(UserWarning, match=r"Left out: 1 id.s.(?s:.*)ISIC_9999999"):
        found = datasets.load_split(tmp_path, _samples(3), missing="drop")
    assert _ids(found) == {"train": [0], "val": [1], "test": [2]}
    (tmp_path / "train.txt").write_text("ISIC_0000000\n")
    with pytest.warns(UserWarning, match=r"Left out: 2 of 5 image.s.(?s:.*)ISIC_0000003\n *ISIC_0000004"):
        datasets.load_split(tmp_path, _samples(5))
    (tmp_path / "train.txt").write_text("X1\nX2\n")
    with (
        pytest.warns(UserWarning, match="X1"),
        pytest.raises(DataError, match=r"None of the images of .* for train is there"),
    ):
        datasets.load_split(tmp_path, _samples(3), missing="drop")
    with pytest.raises(ValueError, match="missing='skip'"):
        datasets.load_split(tmp_path, _samples(3), missing="skip")


def test_two_spellings_of_one_image_and_two_lists_of_one_set(tmp_path):
    for name, line in (("train", "ISIC_0000000.jpg"), ("val", "ISIC_0000001"), ("test", "isic_0000000")):
        (tmp_path / f"{name}.txt").write_text(f"{line}\n")
    with pytest.raises(DataError, match=r"name twice:\n *ISIC_0000000"):
        datasets.load_split(tmp_path, _samples(3))
    (tmp_path / "folder1_train.list").write_text("ISIC_0000002\n")
    with pytest.raises(DataError, match=r"2 lists of the train set(?s:.*)folder1_train.list(?s:.*)train.txt"):
        datasets.load_split(tmp_path, _samples(3))
    (tmp_path / "folder1_train.list").write_bytes(b"\xff\xfe")
    (tmp_path / "train.txt").unlink()
    with pytest.raises(DataError, match="not UTF-8"):
        datasets.load_split(tmp_path, _samples(3))


def test_the_folder_of_the_lists_is_made(tmp_path):
    samples = _samples(20)
    sets = dict(zip(("train", "val", "test"), datasets.split(samples), strict=True))
    datasets.save_split(tmp_path / "new" / "lists", **sets)
    assert datasets.load_split(str(tmp_path / "new" / "lists"), samples) == sets
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file/lists cannot be made"):
        datasets.save_split(tmp_path / "file" / "lists", **sets)


@pytest.mark.parametrize("name", ["a\nb", " a", "a\u2028b", "a\udcff", "a\x0cb"])
def test_ids_that_no_line_can_hold_are_refused_before_anything_is_written(tmp_path, name):
    sample = datasets.Sample(name, Path(f"{name}.jpg"), None, "folder")
    with pytest.raises(DataError, match=r"cannot be a line of a list.* Rename"):
        datasets.save_split(tmp_path / "lists", [sample], [], [])
    assert not (tmp_path / "lists").exists()
