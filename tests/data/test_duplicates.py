"""Near duplicates."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.splitting.duplicates import Pair
from keras_rau.errors import DataError

REAL = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))


def _saved(folder, images, **how):
    samples = []
    for name, image in images.items():
        path = folder / f"{name}.png"
        if "quality" in how:
            path = path.with_suffix(".jpg")
        Image.fromarray(np.ascontiguousarray(image)).save(path, **how)
        samples.append(datasets.Sample(name, path, None, "phantom"))
    return samples


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Twelve phantoms; where a lesion is hardly darker than its skin, little but noise is left to compare."""
    images = {}
    for index in range(40):
        image, mask = datasets.draw_phantom(7, index, 160)
        if len(images) < 12 and image[mask == 0].mean() - image[mask > 0].mean() > 25:
            images[f"p{index:02d}"] = image
    assert len(images) == 12
    return images, _saved(tmp_path_factory.mktemp("originals"), images)


def _crop(image):
    edge = round(0.05 * len(image))
    return image[edge:-edge, edge:-edge]


CHANGES = {
    "encoded": lambda image: image,
    "resized": lambda image: cv2.resize(image, (120, 90), interpolation=cv2.INTER_AREA),
    "brighter": lambda image: np.clip(image * 1.15 + 5, 0, 255).astype(np.uint8),
    "recoloured": lambda image: np.clip(image * [1.05, 0.95, 0.85], 0, 255).astype(np.uint8),
    "mirrored": lambda image: image[:, ::-1],
    "turned": lambda image: np.rot90(image),
    "cropped": _crop,
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_are_found(originals, tmp_path, change):
    images, samples = originals
    copies = _saved(tmp_path, {f"{name}_copy": CHANGES[change](image) for name, image in images.items()}, quality=80)
    found = datasets.near_duplicates(samples + copies)
    assert {(pair.id_a, pair.id_b) for pair in found} == {(name, f"{name}_copy") for name in images}
    assert [pair.distance for pair in found] == sorted(pair.distance for pair in found)


def test_different_lesions_are_none(tmp_path):
    assert datasets.near_duplicates(datasets.load("phantom", tmp_path / "p", n=300, size=96)) == []


def test_the_very_same_and_plain_images(tmp_path):
    plain = {name: np.full((40, 40, 3), value, np.uint8) for name, value in (("a", 90), ("b", 90), ("c", 200))}
    assert datasets.near_duplicates(_saved(tmp_path, plain)) == [Pair("a", "b", 0.0)]
    assert datasets.near_duplicates([]) == []


def test_a_search_counts_and_names_what_it_cannot_read(originals, tmp_path):
    seen = []
    datasets.near_duplicates(originals[1], progress=lambda: seen.append(1))
    assert len(seen) == 12
    (tmp_path / "x.jpg").write_text("no image")
    with pytest.raises(DataError, match=r"x.jpg"):
        datasets.near_duplicates([*originals[1], datasets.Sample("x", tmp_path / "x.jpg", None, "phantom")])


def test_pairs_become_groups_and_files(tmp_path):
    samples = [datasets.Sample(name, Path(name), None, "folder") for name in "abcd"]
    pairs = [Pair("a", "b", 0.01), Pair("b", "c", 0.2)]
    grouped = datasets.with_groups(samples, pairs)
    assert [s.group for s in grouped] == ["a", "a", "a", "d"]
    datasets.write_pairs(pairs, tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text() == "id_a,id_b,distance\na,b,0.0100\nb,c,0.2000\n"
    assert datasets.with_groups(samples, tmp_path / "pairs.csv") == grouped
    # That nothing was found is no error, in a list as in the file that was written of it.
    datasets.write_pairs([], tmp_path / "none.csv")
    assert datasets.with_groups(samples, []) == datasets.with_groups(samples, tmp_path / "none.csv") == samples


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="KERAS_RAU_DATA names no folder")
def test_known_pairs_of_isic2018_are_found():
    samples = datasets.load("isic2018", REAL / "ISIC2018")
    found = {(pair.id_a, pair.id_b) for pair in datasets.near_duplicates(samples)}
    lines = (REAL / "near_duplicates.csv").read_text().splitlines()[1:]
    known = {tuple(sorted(line.split(",")[:2])) for line in lines}
    assert len(known) == 8
    assert known <= found
    assert len(found) < 50


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="KERAS_RAU_DATA names no folder")
def test_near_duplicates_in_ham10000_show_one_lesion():
    samples = datasets.load("ham10000", REAL / "HAM10000")
    lesion = {sample.id: sample.group for sample in samples}
    found = datasets.near_duplicates(samples)
    assert len(found) > 25
    assert all(lesion[pair.id_a] == lesion[pair.id_b] for pair in found)
