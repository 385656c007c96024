"""Splits."""

import random
from collections import Counter
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


def test_the_sets_of_earlier_runs_stay_as_they_were():
    """Trained models and saved lists depend on them."""
    _, val, test = datasets.split(_samples(20), seed=0)
    assert [s.id for s in val] == ["S007", "S013"]
    assert [s.id for s in test] == ["S001", "S008", "S009", "S016"]
    _, val, test = datasets.split(_samples(30, per_group=2), seed=3)
    assert [s.id for s in val] == ["S000", "S001", "S026", "S027"]
    assert [s.id for s in test] == ["S002", "S003", "S014", "S015", "S024", "S025"]


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


def _diagnosed(counts, per_group=1):
    """Samples with so many images of each diagnosis; `None` is no entry, an empty text an empty one."""
    names = [name for name, count in counts.items() for _ in range(count)]
    samples = _samples(len(names), per_group)
    return [
        replace(s, metadata={} if name is None else {"diagnosis": name}) for s, name in zip(samples, names, strict=True)
    ]


def _counts(part):
    return Counter(s.metadata.get("diagnosis") or "" for s in part)


def test_stratified_sets_hold_the_shares_of_every_class():
    samples = _diagnosed({"nevus": 140, "melanoma": 30, "": 20, None: 10})
    train, val, test = datasets.split(samples, seed=4, stratify="diagnosis")
    assert [len(train), len(val), len(test)] == [140, 20, 40]
    # No entry and an empty one are one class.
    assert _counts(train) == {"nevus": 98, "melanoma": 21, "": 21}
    assert _counts(val) == {"nevus": 14, "melanoma": 3, "": 3}
    assert _counts(test) == {"nevus": 28, "melanoma": 6, "": 6}
    shuffled = samples[:]
    random.Random(0).shuffle(shuffled)
    assert datasets.split(shuffled, seed=4, stratify="diagnosis") == (train, val, test)
    assert datasets.split(samples, seed=5, stratify="diagnosis") != (train, val, test)
    by_function = datasets.split(samples, seed=4, stratify=lambda s: s.metadata.get("diagnosis"))
    assert by_function == (train, val, test)


def test_stratified_groups_stay_together_and_fractions_are_of_images():
    samples = [
        replace(s, group=f"L{int(s.id[1:]) // (1 + int(s.id[1:]) % 3)}") for s in _diagnosed({"a": 200, "b": 100})
    ]
    parts = datasets.split(samples, (0.5, 0.2, 0.3), stratify="diagnosis")
    groups = [{s.group for s in part} for part in parts]
    assert sum(len(found) for found in groups) == len(groups[0] | groups[1] | groups[2])
    for part, share in zip(parts, (0.5, 0.2, 0.3), strict=True):
        assert len(part) == pytest.approx(300 * share, abs=3)
        assert _counts(part)["b"] / len(part) == pytest.approx(1 / 3, abs=0.03)


def test_a_class_of_fewer_groups_than_sets():
    for rare in (1, 2):
        parts = datasets.split(_diagnosed({"a": 30, "rare": rare}), stratify="diagnosis")
        assert sum(_counts(part)["rare"] for part in parts) == rare
        assert _counts(parts[0])["rare"] == 1


def test_nothing_to_stratify_by():
    samples = _diagnosed({"a": 10, "b": 10})
    with pytest.raises(DataError, match=r"Did you mean 'diagnosis'. Known: diagnosis"):
        datasets.split(samples, stratify="diagnose")
    with pytest.raises(DataError, match="20 samples have 20 values"):
        datasets.split(samples, stratify=lambda s: s.id)
    with pytest.raises(DataError, match="cannot be split"):
        datasets.split(samples[:2] + samples[10:11], stratify="diagnosis")


def test_official_validation_set_comes_out_of_the_training_set():
    samples = [replace(s, split="train" if i < 90 else "test") for i, s in enumerate(_samples(120, per_group=3))]
    train, val, test = datasets.split(samples, (0.7, 0.1, 0.2), official=True)
    assert [len(train), len(val), len(test)] == [78, 12, 30]
    assert not {s.group for s in train} & {s.group for s in val}
    assert {s.split for s in train + val} == {"train"}
    assert datasets.split(samples[::-1], (0.7, 0.1, 0.2), official=True) == (train, val, test)
    with pytest.raises(DataError, match="no sample belongs to val, test"):
        datasets.split([s for s in samples if s.split == "train"], official=True)
    with pytest.warns(UserWarning, match="1 image.s. that belong to no official set"):
        datasets.split([*samples, replace(samples[0], id="X", split=None)], official=True)


@pytest.mark.parametrize("stratify", [None, "diagnosis"])
def test_every_sample_is_tested_in_one_fold(stratify):
    samples = _diagnosed({"a": 60, "b": 40}, per_group=2)
    found = datasets.folds(samples, k=5, seed=1, stratify=stratify)
    assert sorted(s.id for _, _, test in found for s in test) == [s.id for s in samples]
    for train, val, test in found:
        assert [len(train), len(val), len(test)] == [70, 10, 20]
        groups = [{s.group for s in part} for part in (train, val, test)]
        assert sum(len(names) for names in groups) == 50
        if stratify:
            assert [_counts(part)["b"] for part in (train, val, test)] == [28, 4, 8]
    assert datasets.folds(samples[::-1], k=5, seed=1, stratify=stratify) == found
    assert datasets.folds(samples, k=5, seed=2, stratify=stratify) != found


def test_folds_that_cannot_be():
    for arguments in ({"k": 1}, {"k": 2.5}, {"val_fraction": 0}, {"k": 2, "val_fraction": 0.5}):
        with pytest.raises(ValueError, match="k"):
            datasets.folds(_samples(20), **arguments)
    with pytest.raises(DataError, match=r"4 group.s. of samples cannot be divided into 5 folds"):
        datasets.folds(_samples(4))
