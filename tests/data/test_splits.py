"""Splits."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from keras_rau import datasets
from keras_rau.errors import DataError


def _samples(count=100, per_group=1):
    return [
        datasets.Sample(f"S{i:03d}", Path(f"{i}.jpg"), None, "test", group=f"G{i // per_group}") for i in range(count)
    ]


def test_fractions_seed_and_order():
    samples = _samples()
    parts = datasets.split(samples, (0.7, 0.1, 0.2), seed=1)
    assert [len(part) for part in parts] == [70, 10, 20]
    assert {s.id for part in parts for s in part} == {s.id for s in samples}
    shuffled = samples[:]
    random.Random(0).shuffle(shuffled)
    assert datasets.split(shuffled, (0.7, 0.1, 0.2), seed=1) == parts
    assert datasets.split(samples, (0.7, 0.1, 0.2), seed=2) != parts


def test_groups_stay_together():
    parts = datasets.split(_samples(100, per_group=3), seed=0)
    groups = [{s.group for s in part} for part in parts]
    assert sum(len(found) for found in groups) == len(groups[0] | groups[1] | groups[2])


def test_near_duplicates_are_chained(tmp_path):
    (tmp_path / "pairs.csv").write_text("a,b,r\nS001,S002,1\nS003,S002,1\nS009,S999,1\n")
    groups = {s.id: s.group for s in datasets.with_groups(_samples(10), tmp_path / "pairs.csv")}
    assert groups["S001"] == groups["S002"] == groups["S003"]
    assert len(set(groups.values())) == 8
    with pytest.raises(DataError, match=r"nowhere.csv"):
        datasets.with_groups(_samples(3), tmp_path / "nowhere.csv")


def test_a_list_of_near_duplicates_with_or_without_header_and_of_the_right_data(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("S001,S002\n")
    assert len({s.group for s in datasets.with_groups(_samples(10), path)}) == 9
    for content in (b"id,dice\nS001,0.9\n", b"a,b\n", b"a,b\nX1,X2\n"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"pairs.csv names no pair"):
            datasets.with_groups(_samples(10), path)
    path.write_bytes(b"\xff\xfe\xfc\n")
    with pytest.raises(DataError, match=r"Cannot read the list of near duplicates .*pairs.csv"):
        datasets.with_groups(_samples(10), path)


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
    (tmp_path / "val.txt").unlink()
    with pytest.raises(DataError, match=r"val.txt"):
        datasets.load_split(tmp_path, samples)


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.8, 0.3, -0.1), (0.5, 0.2, 0.2)])
def test_bad_fractions(fractions):
    with pytest.raises(ValueError, match="fractions"):
        datasets.split(_samples(), fractions)


def test_too_few():
    with pytest.raises(DataError, match="cannot be split"):
        datasets.split(_samples(2))


def test_official():
    samples = [replace(s, split=("train", "val", "test")[i % 3]) for i, s in enumerate(_samples(9))]
    assert [len(part) for part in datasets.split(samples, official=True)] == [3, 3, 3]
    with pytest.raises(DataError, match="no sample belongs to train, val, test"):
        datasets.split(_samples(9), official=True)
