"""Masks of several classes: what users write, what is read, what is refused, and that labels stay labels."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.augmentation import Policy, augment, sample_seed
from keras_rau.datasets.reading.opening import FileProblem
from keras_rau.errors import DataError, UsageError
from keras_rau.evaluation import image_scores, surface_scores
from keras_rau.outputs import Outputs

THREE = {0: "background", 1: "nevus", 2: "melanoma"}
# A region of 1 with one of 2 in it.
LABELS = np.zeros((24, 32), np.uint8)
LABELS[4:20, 4:28], LABELS[8:16, 10:18] = 1, 2


def _file(folder, values, name="mask.png", mode=None):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if mode == "P":
        image = Image.fromarray(values, "L")
        image.putpalette([7, 7, 7, 200, 0, 0, 0, 200, 0])
    image.save(path)
    return path


def _folder(root, masks, suffix="png"):
    """A data set of noisy images and the given masks."""
    rng = np.random.default_rng(0)
    for name, values in masks.items():
        noise = rng.integers(0, 255, (*values.shape[:2], 3)).astype(np.uint8)
        _file(root, noise, f"images/{name}.png")
        _file(root, values, f"masks/{name}.{suffix}")
    return root


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """Four small phantoms of four classes."""
    root = tmp_path_factory.mktemp("classes") / "phantoms"
    return datasets.load("phantom", root, n=4, seed=1, size=48, classes=4)


def test_label_images_of_every_kind_are_read_by_their_numbers(tmp_path):
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)[LABELS]
    files = {
        "grey": _file(tmp_path, LABELS, "grey.png"),
        "palette": _file(tmp_path, LABELS, "palette.png", "P"),
        "bmp palette": _file(tmp_path, LABELS, "palette.bmp", "P"),
        "three channels": _file(tmp_path, np.repeat(LABELS[..., None], 3, 2), "rgb.png"),
        "opaque": _file(tmp_path, np.dstack([*[LABELS] * 3, np.full_like(LABELS, 255)]), "rgba.png"),
        "16 bits": _file(tmp_path, LABELS.astype(np.uint16), "deep.png"),
        "tiff": _file(tmp_path, LABELS.astype(np.float32), "float.tif"),
    }
    for path in files.values():
        np.testing.assert_array_equal(datasets.read_class_mask(path, THREE), LABELS)
    path = _file(tmp_path, colours, "colours.png")
    stated = {"#000000": "background", "#ff0000": "nevus", "#0000ff": "melanoma"}
    np.testing.assert_array_equal(datasets.read_class_mask(path, stated), LABELS)


def test_values_are_classes_as_they_are_stated_and_in_no_other_order(tmp_path):
    path = _file(tmp_path, np.array([[7, 3, 300, 0]], np.uint16))
    found = datasets.read_class_mask(path, {300: "b", 3: "a", 7: "background", 0: None})
    np.testing.assert_array_equal(found, [[0, 1, 2, 255]])
    found = datasets.read_class_mask(path, {300: ["a", "b"], 3: "a", 7: [], 0: "b"})
    np.testing.assert_array_equal(found, [[[0, 0], [0, 1], [1, 1], [1, 0]]])


@pytest.mark.parametrize(
    ("values", "name", "said"),
    [
        (LABELS + 1, "mask.png", r"the value 3.*counted from 1.*\{1: 'background', 2: 'nevus', 3: 'melanoma'\}"),
        (LABELS * 127, "mask.png", r"the values 127, 254.*null as a name"),
        (LABELS, "mask.jpg", "compression changes class masks"),
        (np.dstack([LABELS * 9, LABELS, LABELS]), "mask.png", "coloured picture"),
        (np.dstack([*[LABELS] * 3, LABELS * 90]), "mask.png", "transparent pixels"),
        (LABELS + np.float32(0.5), "mask.tif", "fractions"),
    ],
)
def test_what_no_class_is_stated_for_is_refused(tmp_path, values, name, said):
    with pytest.raises(FileProblem, match="(?s)" + said) as caught:
        datasets.read_class_mask(_file(tmp_path, values, name), THREE)
    assert caught.value.kind == "class_unknown"


def test_a_truth_has_the_form_of_what_a_model_decides(tmp_path):
    root = _folder(tmp_path, {"a": LABELS})
    probabilities = np.random.default_rng(0).random((*LABELS.shape, 3))
    for classes in (THREE, {0: [], 1: ["x"], 2: ["x", "y"], 3: "z"}, {0: "background", 1: "x", 2: "x"}):
        sample = datasets.load("folder", root, classes=classes)[0]
        _, truth = datasets.read_sample(sample)
        outputs = sample.classes.outputs
        found = outputs.decide(probabilities if outputs.channels > 1 else probabilities[..., 0])
        assert (found.shape, found.dtype) == (truth.shape, truth.dtype)


def test_one_file_a_class_may_overlap_or_exclude_each_other(tmp_path):
    _folder(tmp_path, {"a": LABELS}, "bin.png")
    (tmp_path / "masks" / "a.bin.png").unlink()
    _file(tmp_path, (LABELS > 0) * np.uint8(255), "masks/a_lesion.png")
    _file(tmp_path, (LABELS > 1) * np.uint8(255), "masks/a_globules.png")
    files = {"lesion": "masks/{id}_lesion.png", "globules": "masks/{id}_globules.png"}
    (sample,) = datasets.load("folder", tmp_path, classes=files)
    _, truth = datasets.read_sample(sample)
    np.testing.assert_array_equal(truth, np.dstack([LABELS > 0, LABELS > 1]))
    assert [path.name for path in sample.mask_files] == ["a_lesion.png", "a_globules.png"]
    (sample,) = datasets.load("folder", tmp_path, classes={"files": files, "overlapping": False})
    with pytest.raises(FileProblem, match=r"lesion, globules share 64 pixels"):
        datasets.read_sample(sample)
    with pytest.raises(DataError, match=r"lesion, globules share 64 pixels"):
        datasets.check([sample])
    _file(tmp_path, (LABELS == 1) * np.uint8(255), "masks/a_lesion.png")
    np.testing.assert_array_equal(datasets.read_sample(sample)[1], LABELS)


def test_a_missing_file_of_a_class_is_an_error_unless_it_says_that_the_class_is_absent(tmp_path):
    _folder(tmp_path, {"a": LABELS, "b": LABELS}, "bin.png")
    for name, classes in (("a", "xy"), ("b", "x")):
        (tmp_path / "masks" / f"{name}.bin.png").unlink()
        for each in classes:
            _file(tmp_path, (LABELS > 1) * np.uint8(255), f"{each}/{name}.png")
    (tmp_path / "masks").rmdir()
    files = {"x": "x/{id}.png", "y": "y/{id}.png"}
    with pytest.raises(DataError, match=r"b\.png has no file of the class\(es\) y .*absent: true"):
        datasets.load("folder", tmp_path, classes=files)
    with pytest.warns(UserWarning, match="has no file of the class"):
        assert [s.id for s in datasets.load("folder", tmp_path, classes=files, unpaired="drop")] == ["a"]
    samples = datasets.load("folder", tmp_path, classes={"files": files, "absent": True})
    assert datasets.read_sample(samples[1])[1].sum(axis=(0, 1)).tolist() == [64, 0]
    with pytest.raises(UsageError, match="says already how the masks are called"):
        datasets.load("folder", tmp_path, classes=files, masks="x")
    with pytest.raises(UsageError, match="fits the patterns"):
        datasets.load("folder", tmp_path, classes={"x": "x/{id}.png", "z": "x/{id}.PNG"})


def test_check_finds_shifted_numbers_and_classes_that_never_occur(tmp_path):
    root = _folder(tmp_path / "shifted", {"a": LABELS.clip(0, 1) + 1, "b": LABELS.clip(0, 1).T + 1})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        datasets.check(datasets.load("folder", root, classes=THREE))
    text = "\n".join(str(one.message) for one in caught)
    assert "Classes that never occur" in text
    assert re.search("'background' occurs in none of 2 masks.*shifted by one", text)
    root = _folder(tmp_path / "absent", {"a": LABELS.clip(0, 1), "b": LABELS.clip(0, 1).T})
    with pytest.warns(UserWarning, match="'melanoma' occurs in none of 2 masks"):
        datasets.check(datasets.load("folder", root, classes=THREE))
    root = _folder(tmp_path / "unknown", {"a": LABELS, "b": LABELS * 3})
    with pytest.raises(DataError, match=r"b\.png holds the values 3, 6"):
        datasets.check(datasets.load("folder", root, classes=THREE))


def test_validate_counts_the_classes_and_holds_no_schema_of_two_values_against_them(tmp_path):
    root = _folder(tmp_path, {"a": LABELS, "b": LABELS.T * (LABELS.T < 2)})
    result = datasets.validate("folder", root, options={"classes": THREE})
    assert result.classes["melanoma"] == {"images": 1, "share": round(64 / LABELS.size / 2, 6)}
    assert not result.errors
    assert not [anomaly for anomaly in result.anomalies if anomaly.column == "mask_values"]
    assert "classes" in result.to_dict()


def test_resized_labels_stay_labels_and_two_of_them_are_a_lesion_mask():
    found = datasets.fit_labels(LABELS * 2, (13, 17))
    assert set(np.unique(found)) == {0, 2, 4}
    for size in ((13, 17), (48, 40), (24, 32)):
        for resize in ("letterbox", "squash"):
            lesion = LABELS.clip(0, 1)
            expected = datasets.fit_mask(lesion, size, resize)
            np.testing.assert_array_equal(datasets.fit_labels(lesion, size, resize), expected)


GEOMETRIC = {"rotation": 90, "scale": 0.5, "shift": 0.3, "shear": 20, "aspect": 0.3}


@pytest.mark.parametrize("policy", [Policy(), Policy(**GEOMETRIC), Policy(**GEOMETRIC, elastic=0.08)])
@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_image_and_class_mask_move_alike(phantoms, policy, shape):
    """The channels of the image are copies of the classes: where one has most of a pixel, the mask has that class."""
    labels = datasets.fit_labels(datasets.read_sample(phantoms[0])[1].clip(0, 2), shape, "squash")
    image = np.dstack([(labels == number) * np.uint8(255) for number in range(3)])
    overlapping = np.dstack([labels > 0, labels > 1]).astype(np.uint8)
    moved = 0
    for index in range(8):
        key = sample_seed(0, tf.constant(0, tf.int64), tf.constant(index, tf.int64))
        seen, found = (each.numpy() for each in augment(image, labels[..., None], policy, key, labels=True))
        # Of equals the higher number counts.
        np.testing.assert_array_equal(found[..., 0], 2 - np.argmax(seen[..., ::-1], axis=-1))
        assert set(np.unique(found)) <= {0.0, 1.0, 2.0}
        picture = np.dstack([overlapping * 255, overlapping[..., :1]])
        seen, found = (each.numpy() for each in augment(picture, overlapping, policy, key))
        np.testing.assert_array_equal(seen[..., :2] >= 127.5, found > 0)
        moved += not np.array_equal(found, overlapping)
    assert moved > 4


def test_pipelines_give_class_numbers_one_hot_or_overlapping_masks_whatever_the_cache(phantoms, tmp_path):
    def batch(samples, **arguments):
        return next(iter(datasets.pipeline(samples, 32, 4, **arguments)))[1].numpy()

    numbers = batch(phantoms)
    assert numbers.shape == (4, 32, 32, 1)
    assert set(np.unique(numbers)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(batch(phantoms, target="one_hot"), numbers == np.arange(4))
    overlapping = datasets.parse_classes({0: [], 1: ["lesion"], 2: ["lesion", "globules"], 3: ["lesion", "veil"]})
    both = [replace(sample, classes=overlapping) for sample in phantoms]
    planes = batch(both, cache="disk", cache_dir=tmp_path)
    # Majority of each class on its own may differ by a pixel at the outlines from that among all.
    assert np.mean(planes[..., 1] != (numbers[..., 0] == 2)) < 0.02
    np.testing.assert_array_equal(planes, batch(both, cache="none"))
    with pytest.warns(UserWarning, match="classes was"):
        np.testing.assert_array_equal(batch(phantoms, cache="disk", cache_dir=tmp_path), numbers)


def test_pipelines_refuse_mixed_classes_and_targets_that_do_not_fit(phantoms):
    plain = replace(phantoms[0], classes=None)
    with pytest.raises(DataError, match="has masks of one lesion class"):
        datasets.pipeline([phantoms[0], plain])
    with pytest.raises(ValueError, match="distance to the border of one lesion class"):
        datasets.pipeline(phantoms, target="distance")
    with pytest.raises(ValueError, match="is for exclusive classes"):
        datasets.pipeline([plain], target="one_hot")


def test_phantoms_of_classes_are_those_of_one_lesion_with_regions_in_it(phantoms, tmp_path):
    image, labels = datasets.read_sample(phantoms[0])
    _, lesion = datasets.draw_phantom(1, 0, 48)
    np.testing.assert_array_equal(labels > 0, lesion > 0)
    root = phantoms[0].image.parents[1]
    assert datasets.load("phantom", root)[0].classes == phantoms[0].classes
    assert datasets.load("folder", root, classes=root / "classes.yaml")[0].classes.names == phantoms[0].classes.names
    assert datasets.load("phantom", root, n=4, classes=4)[0].classes.outputs == Outputs(phantoms[0].classes.names)
    with pytest.raises(DataError, match="classes=4"):
        datasets.load("phantom", root, classes=1)
    with pytest.raises(UsageError, match="drawn with 1, 3 or 4"):
        datasets.load("phantom", tmp_path / "new", classes=2)
    assert image.shape == (48, 48, 3)


def test_class_numbers_are_refused_where_masks_of_0_and_1_are_meant():
    with pytest.raises(ValueError, match=r"`fit_labels` resizes class numbers.*the values 0, 1, 2"):
        datasets.fit_mask(LABELS, (8, 8))
    with pytest.raises(ValueError, match="divide one of 255 by 255"):
        datasets.signed_distance(LABELS.clip(0, 1) * 255)
    for score in (image_scores, surface_scores):
        with pytest.raises(ValueError, match="class numbers are scored by `mask_scores`"):
            score(LABELS > 0, LABELS)
        assert score(LABELS.clip(0, 1) * 255, LABELS > 0) == score(LABELS > 0, LABELS > 0)
    key = sample_seed(0, tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    with pytest.raises(ValueError, match="labels=True"):
        augment(np.zeros((24, 32, 3), np.uint8), LABELS[..., None], Policy(), key)
