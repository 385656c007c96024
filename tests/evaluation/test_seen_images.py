"""Scores on images that a model was trained on are refused, or announced."""

import pytest

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.evaluation.model_file import chosen_samples
from keras_rau.export.sidecar import write_sidecar


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("seen") / "phantoms"
    datasets.load("phantom", root, n=6, size=32)
    return root


def _model(tmp_path, dataset, train, val, test):
    model = tmp_path / "best.keras"
    write_sidecar(model, {"dataset": dataset, "split": {"train": train, "val": val, "test": test}})
    return model


def test_a_model_and_its_own_images(folder, tmp_path):
    names = [f"phantom_{index:05d}" for index in range(6)]
    model = _model(tmp_path, "phantom", names[:3], names[3:4], names[4:])
    with pytest.raises(
        RauError, match=r"4 of these 6 images .*best.keras, among them phantom_00000.*--split test .*all"
    ):
        chosen_samples(model, "phantom", folder, None)
    with pytest.warns(UserWarning, match="4 of these 6 images"):
        assert len(chosen_samples(model, "phantom", folder, "all")) == 6
    assert [sample.id for sample in chosen_samples(model, "phantom", folder, "test")] == names[4:]


def test_a_model_and_other_images(folder, tmp_path):
    # Images of another source may well be called alike.
    model = _model(tmp_path, "folder", ["phantom_00000"], ["phantom_00001"], ["phantom_00002"])
    assert len(chosen_samples(model, "phantom", folder, None)) == 6
    assert len(chosen_samples(tmp_path / "without.keras", "phantom", folder, None)) == 6


def test_images_of_the_archive_are_known_in_every_source(folder, tmp_path):
    own = tmp_path / "own"
    for kind, ending in (("images", ".jpg"), ("masks", "_mask.png")):
        (own / kind).mkdir(parents=True)
        for index in range(2):
            content = (folder / kind / f"phantom_{index:05d}{ending}").read_bytes()
            (own / kind / f"isic_000000{index}{ending}").write_bytes(content)
    model = _model(tmp_path, "isic2018", ["ISIC_0000001"], [], [])
    with pytest.raises(RauError, match=r"1 of these 2 images .* Name --split all"):
        chosen_samples(model, "folder", own, None)
    with pytest.warns(UserWarning, match="1 of these 2 images"):
        chosen_samples(model, "folder", own, "all")


def test_ids_by_another_rule_than_those_of_the_training_are_refused(folder, tmp_path):
    own = tmp_path / "own"
    for kind in ("images", "masks"):
        (own / kind).mkdir(parents=True)
        ending = {"images": ".jpg", "masks": "_mask.png"}[kind]
        content = (folder / kind / f"phantom_00000{ending}").read_bytes()
        (own / kind / f"7{ending}").write_bytes(content)
    by_path, by_name = tmp_path / "a.keras", tmp_path / "b.keras"
    about = {"dataset": "folder", "split": {"train": ["train_7"], "val": [], "test": []}}
    write_sidecar(by_path, {**about, "ids": "path"})
    write_sidecar(by_name, about)
    with pytest.raises(RauError, match=r"a.keras was trained with ids='path'.*--option ids=path, or --split all"):
        chosen_samples(by_path, "folder", own, None)
    with pytest.warns(UserWarning, match="cannot be told"):
        chosen_samples(by_path, "folder", own, "all")
    with pytest.raises(RauError, match=r"b.keras was trained with ids='name'"):
        chosen_samples([by_path, by_name], "folder", own, None, {"ids": "path"})
    assert len(chosen_samples(by_path, "folder", own, None, {"ids": "path"})) == 1
    assert len(chosen_samples(by_name, "folder", own, None)) == 1
