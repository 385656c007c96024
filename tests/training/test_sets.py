"""From the settings of a split to the sets of a run, and what is refused."""

import shutil

import pytest
from PIL import Image

from keras_rau import datasets, models
from keras_rau.errors import DataError, RauError
from keras_rau.training import experiment, load_config
from keras_rau.training.data import split
from keras_rau.training.data.split import load_split
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.fingerprint import fingerprint
from keras_rau.training.runs.state import TrainingState

# The check before a training also says that two files are the same; here it is about what follows from it.
pytestmark = pytest.mark.filterwarnings("ignore:Pictures under several ids")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty-four phantoms, the first of them twice under another name and once mirrored."""
    root = tmp_path_factory.mktemp("sets") / "phantoms"
    datasets.load("phantom", root, n=24, seed=5, size=64)
    for name, ending in (("images", ".jpg"), ("masks", "_mask.png")):
        one = root / name / f"phantom_00000{ending}"
        shutil.copy(one, root / name / f"twin{ending}")
        Image.open(one).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / name / f"mirrored{ending}", quality=95)
    return root


def _config(folder, **data):
    given = {"dataset": "folder", "data_dir": str(folder), "image_size": 32, **data}
    model = {"model.name": "rau_net_nano", "model.depth": 2, "epochs": 1}
    return load_config(overrides={**{f"data.{key}": value for key, value in given.items()}, **model})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"folds": 5}, r"data.fold: .*go together"),
        ({"fold": 0}, r"data.fold: .*go together"),
        ({"folds": 5, "fold": 5}, r"data.fold: .*from 0 to 4. Received: 5"),
        ({"folds": 1, "fold": 0}, r"data.folds: .*greater than or equal to 2"),
        ({"folds": 2, "fold": 0, "split": [0.2, 0.6, 0.2]}, r"data.folds: .*nothing would be left to train on"),
        ({"folds": 5, "fold": 0, "split_dir": "x"}, r"data.folds: .*data.split_dir"),
        ({"folds": 5, "fold": 0, "official_split": True}, r"data.folds: .*data.official_split"),
        ({"official_split": True, "split_dir": "x"}, r"data.official_split: .*data.split_dir"),
        ({"stratify": "diagnosis", "split_dir": "x"}, r"data.stratify: .*data.split_dir.*Received: 'diagnosis'"),
        ({"split_missing": "skip"}, r"data.split_missing: .*'raise' or 'drop'"),
    ],
)
def test_settings_that_contradict_each_other(folder, data, message):
    with pytest.raises(RauError, match=message):
        _config(folder, **data)


def test_a_configuration_with_all_of_it_is_read_back(folder, tmp_path):
    for data in (
        {"near_duplicates": "find", "folds": 3, "fold": 2},
        {"near_duplicates": "pairs.csv", "stratify": "dx"},
    ):
        config = _config(folder, allow_leakage=True, **data)
        (tmp_path / "c.yaml").write_text(config.to_yaml())
        assert load_config(tmp_path / "c.yaml") == config
        assert str(config.data.near_duplicates) == data["near_duplicates"]


def _apart(folder):
    """A seed of the split that puts the two equal files into different sets."""
    samples = datasets.load("folder", folder)
    for seed in range(50):
        where = {s.id: number for number, part in enumerate(datasets.split(samples, seed=seed)) for s in part}
        if where["phantom_00000"] != where["twin"]:
            return seed
    raise AssertionError("no seed separates them")


def test_the_same_file_in_two_sets_is_refused_unless_asked_for(folder):
    seed = _apart(folder)
    with pytest.raises(DataError, match=r"1 case.s. of leakage(?s:.*)are the same file(?s:.*)near_duplicates=find"):
        load_split(_config(folder, split_seed=seed))
    with pytest.warns(UserWarning, match="are the same file"):
        load_split(_config(folder, split_seed=seed, allow_leakage=True))
    split = load_split(_config(folder, split_seed=seed, near_duplicates="find"))
    together = [part for part in split.ids().values() if {"phantom_00000", "twin", "mirrored"} & set(part)]
    assert len(together) == 1
    assert {(pair.id_a, pair.id_b) for pair in split.pairs} == {
        ("mirrored", "phantom_00000"),
        ("mirrored", "twin"),
        ("phantom_00000", "twin"),
    }


def test_lists_that_separate_named_near_duplicates_are_refused(folder, tmp_path):
    names = sorted(sample.id for sample in datasets.load("folder", folder) if sample.id != "twin")
    for name, part in (("train", [*names[:20], "elsewhere"]), ("val", names[20:22]), ("test", names[22:])):
        (tmp_path / f"{name}.txt").write_text("".join(f"{each}.jpg\n" for each in part))
    (tmp_path / "pairs.csv").write_text(f"{names[0]},{names[-1]}\n")
    with pytest.raises(DataError, match="split_missing=drop"):
        load_split(_config(folder, split_dir=str(tmp_path)))
    lists = {"split_dir": str(tmp_path), "split_missing": "drop"}
    with pytest.warns(UserWarning, match=r"Left out"):
        assert [len(part) for part in load_split(_config(folder, **lists)).ids().values()] == [20, 2, 3]
    with pytest.warns(UserWarning, match=r"Left out"), pytest.raises(DataError, match="are near duplicates"):
        load_split(_config(folder, near_duplicates=str(tmp_path / "pairs.csv"), **lists))


def test_a_run_of_one_fold_keeps_its_near_duplicates(folder, tmp_path):
    config = _config(folder, folds=3, fold=1, near_duplicates="find", split=(0.6, 0.15, 0.25))
    run = RunDirectory(tmp_path / "run")
    run.create()
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(32, 32, 3), depth=2)
    parts = load_split(config)
    files = fingerprint(sample for part in parts.sets().values() for sample in part)
    experiment._write_inputs(config, run, experiment._Data(parts, {}, files, None), model, TrainingState(0))
    lines = (run.split / "near_duplicates.csv").read_text().splitlines()
    assert lines[0] == "id_a,id_b,distance"
    assert len(lines) == 4
    saved = datasets.read_split(run.split)
    samples = datasets.with_groups(datasets.load("folder", folder), run.split / "near_duplicates.csv")
    expected = datasets.folds(samples, 3, val_fraction=0.15)[1]
    assert [saved[name] for name in ("train", "val", "test")] == [[s.id for s in part] for part in expected]


def test_images_are_split_once_before_a_training(folder, tmp_path, monkeypatch):
    config = _config(folder, near_duplicates="find", allow_leakage=True)
    listed, real = [], split.load_listing
    monkeypatch.setattr(split, "load_listing", lambda *given, **named: listed.append(given) or real(*given, **named))

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "fresh_model", stop)
    with pytest.raises(KeyboardInterrupt):
        experiment.train(config, tmp_path / "run", validate=True)
    assert len(listed) == 1
