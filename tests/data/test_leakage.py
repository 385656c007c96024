"""Leakage between sets."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.splitting.duplicates import Pair
from keras_rau.errors import DataError


def _sample(name, source="isic2018", **more):
    return datasets.Sample(name, Path(source, f"{name}.jpg"), None, source, **more)


def _messages(sets, pairs=None):
    found = datasets.leakage(sets, pairs)
    assert all(finding.kind == "leakage" and finding.severity == "error" for finding in found)
    return [finding.message for finding in found]


def test_nothing_in_common():
    train = [_sample("ISIC_0000001", group="HAM_1"), _sample("ISIC_0000002", group="HAM_1")]
    assert _messages({"train": train, "val": [_sample("ISIC_0000003")], "test": []}) == []
    datasets.check_leakage({"train": train, "test": [_sample("ISIC_0000003")]})


def test_an_id_of_the_archive_is_the_same_in_every_source():
    sets = {"2017 train": [_sample("isic_0000001", "isic2017")], "2018 test": [_sample("ISIC_0000001")]}
    assert _messages(sets) == ["isic_0000001 of 2017 train and ISIC_0000001 of 2018 test are the same image"]
    assert _messages({"train": [_sample("ISIC_0000001")], "test": [_sample("ISIC_0000001")]}) == [
        "ISIC_0000001 is in train and in test"
    ]


def test_ids_of_ones_own_are_the_same_in_one_folder_only():
    one, other = _sample("001", "folder"), datasets.Sample("001", Path("elsewhere/001.jpg"), None, "folder")
    assert _messages({"train": [one], "test": [other]}) == []
    assert _messages({"train": [one], "test": [one]}) == ["001 is in train and in test"]


def test_lesions_and_groups():
    sets = {
        "train": [_sample("ISIC_0000001", "ham10000", group="HAM_0000007")],
        "val": [_sample("ISIC_0000002", metadata={"lesion_id": "HAM_0000007"})],
        "test": [_sample("a", "folder", group="1"), _sample("b", "phantom", group="1")],
    }
    text = "ISIC_0000001 of train and ISIC_0000002 of val show the same lesion or are of one group"
    assert _messages(sets) == [text]
    sets["train"].append(_sample("c", "folder", group="1"))
    assert _messages(sets) == [text, "c of train and a of test show the same lesion or are of one group"]


def test_each_pair_once_by_the_surest_reason(tmp_path):
    one, other = _sample("ISIC_0000001", group="HAM_1"), _sample("ISIC_0000002", group="HAM_1")
    sets = {"train": [one], "test": [other]}
    pairs = [Pair("ISIC_0000001", "ISIC_0000002", 0.1), Pair("ISIC_0000001", "ISIC_0000009", 0.1)]
    expected = ["ISIC_0000001 of train and ISIC_0000002 of test are near duplicates"]
    assert _messages(sets, pairs) == expected
    datasets.write_pairs(pairs, tmp_path / "pairs.csv")
    assert _messages(sets, tmp_path / "pairs.csv") == expected
    assert _messages({"train": [one, other], "test": []}, pairs) == []


@pytest.fixture
def files(tmp_path):
    images = [datasets.draw_phantom(5, index, 96)[0] for index in (0, 1, 2, 0, 1)]
    samples = []
    for name, image in zip("abcde", images, strict=True):
        path = tmp_path / f"{name}.png"
        Image.fromarray(image[:, ::-1] if name == "e" else image).save(path)
        samples.append(datasets.Sample(name, path, None, "folder"))
    return samples


def test_files_and_near_duplicates(files):
    a, b, c, a_again, b_mirrored = files
    sets = {"train": [b, a], "val": [c], "test": [b_mirrored, a_again]}
    assert _messages(sets) == ["a of train and d of test are the same file"]
    assert sorted(_messages(sets, "find")) == [
        "a of train and d of test are the same file",
        "b of train and e of test are near duplicates",
    ]
    assert _messages({"train": [a, b, a_again, b_mirrored], "test": [c]}, "find") == []


def test_files_of_one_size_that_differ_are_no_leakage(tmp_path):
    samples = []
    for name, value in (("a", 10), ("b", 20), ("c", 20)):
        path = tmp_path / f"{name}.bmp"
        Image.fromarray(np.full((8, 8, 3), value, np.uint8)).save(path)
        samples.append(datasets.Sample(name, path, None, "folder"))
    a, b, c = samples
    assert _messages({"train": [a, b], "test": [c]}) == ["b of train and c of test are the same file"]


def test_refused_unless_allowed():
    both = [_sample(f"ISIC_{i:07d}") for i in range(12)]
    with pytest.raises(
        DataError, match=r"12 case.s. of leakage(?s:.*)ISIC_0000009 is(?s:.*)and 2 more(?s:.*)allow_leak"
    ):
        datasets.check_leakage({"train": both, "test": both})
    with pytest.warns(UserWarning, match=r"Scores will be too good: 12 case"):
        datasets.check_leakage({"train": both, "test": both}, allow=True)
