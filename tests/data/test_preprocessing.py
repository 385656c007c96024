"""Preprocessing: what each step does, and chains of them."""

import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import tensorflow as tf

from keras_rau import datasets
from keras_rau.datasets import preprocessing
from keras_rau.datasets.preprocessing import as_config, find_hair, find_vignette, parse_steps, preprocess
from keras_rau.errors import UsageError

SIZE = 128


def skin(seed=0, height=SIZE, width=SIZE):
    """Skin with soft texture and a dark lesion in the middle, nothing else."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 40, (height, width)).astype(np.float32), (0, 0), 6)
    image = np.float32([214, 160, 140]) + texture[..., None]
    rows, columns = np.mgrid[:height, :width]
    lesion = cv2.GaussianBlur((np.hypot(rows - 64, columns - 60) < 26).astype(np.float32), (0, 0), 3)
    image += lesion[..., None] * (np.float32([110, 65, 45]) - image)
    return np.clip(image + rng.normal(0, 1.5, image.shape), 0, 255).astype(np.uint8)


def with_hair(image):
    cover = np.zeros(image.shape[:2], np.uint8)
    for start, end in (((5, 20), (120, 70)), ((10, 110), (90, 4)), ((70, 125), (125, 40))):
        cv2.line(cover, start, end, 1, 2)
    return np.where(cover[..., None] > 0, np.uint8([32, 26, 22]), image), cover > 0


def with_corners(image, radius=62.0):
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    dark = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2) > radius
    return np.where(dark[..., None], np.uint8([6, 5, 7]), image), dark


IMAGES = {
    "skin": skin(),
    "hairy": with_hair(skin())[0],
    "corners": with_corners(skin())[0],
    "black": np.zeros((20, 30, 3), np.uint8),
    "white": np.full((9, 5, 3), 255, np.uint8),
    "one pixel": np.full((1, 1, 3), 90, np.uint8),
    "no blue": np.dstack([skin()[..., :2], np.zeros((SIZE, SIZE), np.uint8)]),
    "noise": np.random.default_rng(0).integers(0, 256, (33, 50, 3), np.uint8),
    "a view": skin()[::2, ::-1],
}


@pytest.mark.parametrize("name", preprocessing.names())
@pytest.mark.parametrize("kind", IMAGES)
def test_every_step_keeps_shape_type_and_the_image_it_was_given(name, kind):
    image = IMAGES[kind]
    before = image.copy()
    found = preprocess(image, name)
    assert found.shape == image.shape
    assert found.dtype == np.uint8
    assert not np.shares_memory(found, image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", preprocessing.names())
def test_steps_are_deterministic_in_threads(name):
    images = [IMAGES[kind] for kind in ("skin", "hairy", "corners")] * 4
    expected = [preprocess(image, name) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(lambda image: preprocess(image, name), images), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_drawn_hair_is_found_and_mostly_removed_and_the_rest_is_untouched():
    clean = skin()
    hairy, hair = with_hair(clean)
    found = find_hair(hairy) > 0
    assert found[hair].mean() > 0.9
    painted = preprocess(hairy, "hair")
    assert (
        np.abs(painted[hair] - clean[hair].astype(float)).mean()
        < 0.15 * np.abs(hairy[hair] - clean[hair].astype(float)).mean()
    )
    np.testing.assert_array_equal(painted[~found], hairy[~found])


def test_removing_hair_again_changes_little():
    once = preprocess(IMAGES["hairy"], "hair")
    assert np.abs(preprocess(once, "hair").astype(float) - once).mean() < 0.3


def test_hairless_skin_is_nearly_unchanged():
    assert np.mean([find_hair(skin(seed)).mean() for seed in range(5)]) < 0.005


def test_hair_is_found_at_any_size():
    hairy = cv2.resize(IMAGES["hairy"], (512, 512), interpolation=cv2.INTER_CUBIC)
    hair = cv2.resize(with_hair(skin())[1].astype(np.uint8), (512, 512), interpolation=cv2.INTER_NEAREST) > 0
    assert (find_hair(hairy) > 0)[hair].mean() > 0.9


def test_dots_short_lines_and_meshes_are_no_hair():
    dots, ticks, mesh = skin(1), skin(2), skin(3)
    for place in range(12, 120, 12):
        cv2.circle(dots, (place, 130 - place), 2, (40, 30, 25), -1)
        cv2.line(ticks, (place, 40), (place, 44), (40, 30, 25), 1)
        cv2.circle(mesh, (64 + place % 5, place), 4, (40, 30, 25), 1)
    assert [find_hair(image).mean() for image in (dots, ticks, mesh)] == [0, 0, 0]


def test_parts_shorter_than_the_length_are_no_hair():
    image = skin()
    cv2.line(image, (100, 8), (113, 8), (30, 25, 20), 1)
    assert find_hair(image, length=0.08).any()
    assert not find_hair(image, length=0.12).any()


@pytest.mark.parametrize("tint", [(1.0, 0.8, 0.6), (0.7, 1.0, 0.9)])
@pytest.mark.parametrize(("name", "power"), [("grey_world", 1), ("shades_of_grey", 6)])
def test_colour_constancy_removes_a_tint(name, power, tint):
    image = (skin() * 0.7).astype(np.uint8)
    tinted = np.rint(image * np.array(tint)).astype(np.uint8)
    wanted, found = (preprocess(one, name).astype(float) for one in (image, tinted))
    # Up to brightness, which nobody can know.
    ratio = (found.mean(axis=(0, 1)) / wanted.mean(axis=(0, 1))) / (found.mean() / wanted.mean())
    np.testing.assert_allclose(ratio, 1, atol=0.02)
    light = (found**power).mean(axis=(0, 1)) ** (1 / power)
    np.testing.assert_allclose(light / light.mean(), 1, atol=0.02)


def test_shades_of_grey_by_hand():
    image = np.uint8([[[100, 50, 50], [100, 50, 50]]])
    # Light (100, 50, 50); grey of the same length is sqrt(15000 / 3) = 70.7 per channel.
    np.testing.assert_array_equal(preprocess(image, "shades_of_grey"), np.full((1, 2, 3), 71, np.uint8))


def test_colour_constancy_again_changes_nothing_but_rounding():
    image = (skin() * 0.7).astype(np.uint8)
    once = preprocess(image, "shades_of_grey")
    assert np.abs(preprocess(once, "shades_of_grey").astype(int) - once).max() <= 2


def test_dark_corners_are_filled_with_skin_and_the_middle_stays_exactly():
    clean = skin()
    dark_image, dark = with_corners(clean)
    found = preprocess(dark_image, "vignette")
    assert (find_vignette(dark_image) > 0)[dark].all()
    rows, columns = np.mgrid[:SIZE, :SIZE]
    middle = np.hypot(rows - 63.5, columns - 63.5) < 55
    np.testing.assert_array_equal(found[middle], dark_image[middle])
    assert np.abs(found[dark] - clean[dark].astype(float)).mean() < 20
    np.testing.assert_array_equal(preprocess(found, "vignette"), found)


def test_dark_corners_of_a_letterboxed_image_are_found():
    wide, _ = with_corners(skin(height=96, width=128), radius=66)
    fitted = datasets.fit_image(wide, (SIZE, SIZE))
    corners = find_vignette(fitted) > 0
    assert corners[fitted.max(axis=2) < 60].mean() > 0.95
    assert not corners[40:88, 30:98].any()


@pytest.mark.parametrize("middle", [(0, 0), (10, 120), (64, 0), (127, 64)])
def test_a_black_lesion_in_a_corner_or_at_the_side_is_no_vignette(middle):
    image = skin()
    cv2.circle(image, middle, 45, (30, 22, 20), -1)
    assert not find_vignette(image).any()
    np.testing.assert_array_equal(preprocess(image, "vignette"), image)


def test_a_black_lesion_in_the_middle_that_reaches_a_corner_is_no_vignette():
    image = skin()
    cv2.circle(image, (63, 63), 50, (30, 22, 20), -1)
    cv2.line(image, (0, 0), (63, 63), (30, 22, 20), 8)
    assert not find_vignette(image).any()


def test_contrast_spreads_lightness_and_keeps_grey_grey():
    flat = np.repeat((100 + skin()[..., :1] // 10), 3, axis=2)
    found = preprocess(flat, "contrast")
    assert found.std() > 1.5 * flat.std()
    assert np.ptp(found.astype(int), axis=2).max() <= 2


def test_a_chain_applies_its_steps_in_order():
    image = IMAGES["hairy"]
    step_by_step = preprocess(preprocess(image, "hair"), {"name": "contrast", "clip": 4})
    np.testing.assert_array_equal(preprocess(image, ["hair", {"name": "contrast", "clip": 4}]), step_by_step)
    np.testing.assert_array_equal(preprocess(image, None), image)
    other = preprocess(image, [{"name": "contrast", "clip": 4}, "hair"])
    assert (other != step_by_step).any()


def test_steps_are_hashable_complete_and_survive_json():
    steps = parse_steps(["vignette", {"name": "hair", "threshold": 20}])
    assert hash(steps) == hash(parse_steps(steps))
    stored = as_config(steps)
    assert stored[1]["threshold"] == 20
    assert set(stored[1]) == {
        "name",
        "kernel",
        "threshold",
        "length",
        "radius",
        "method",
    }
    assert parse_steps(json.loads(json.dumps(stored))) == steps
    assert parse_steps("hair") == parse_steps(["hair"])
    assert parse_steps(None) == parse_steps([]) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["hiar"], "Did you mean 'hair'"),
        ([{"name": "hair", "treshold": 3}], "Did you mean 'threshold'"),
        ([{"name": "grey_world", "power": 3}], "It has none"),
        ([{"name": "hair", "threshold": 0}], "`threshold` must be a number from 1 to 255"),
        ([{"name": "hair", "threshold": float("nan")}], "`threshold` must be"),
        ([{"name": "hair", "radius": 2.5}], "`radius` must be a whole number"),
        ([{"name": "hair", "method": "magic"}], "navier_stokes, telea"),
        ([{"name": "contrast", "tiles": True}], "`tiles` must be"),
        (["hair", "contrast", "hair"], "'hair' comes twice"),
        ([{"threshold": 3}], "is a name, or a mapping"),
        ([{"name": ["hair"]}], "Unknown preprocessing step"),
        (7, "is a list of steps"),
    ],
)
def test_wrong_chains_are_refused(value, message):
    with pytest.raises(UsageError, match=message):
        parse_steps(value)


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_other_arrays_are_refused(bad):
    for name in preprocessing.names():
        with pytest.raises(TypeError, match="uint8 array"):
            preprocess(bad, name)


@pytest.mark.parametrize("dtype", [tf.uint8, tf.float32])
def test_the_stage_gives_what_the_function_gives_and_keeps_shapes(dtype):
    images, masks = np.stack([IMAGES["hairy"], skin(1)]), np.ones((2, SIZE, SIZE, 1), np.float32)
    data = tf.data.Dataset.from_tensor_slices((tf.cast(images, dtype), masks))
    data = data.map(datasets.preprocess_stage(["hair", "shades_of_grey"]), num_parallel_calls=2)
    assert data.element_spec[0] == tf.TensorSpec((SIZE, SIZE, 3), dtype)
    for (image, mask), source in zip(data, images, strict=True):
        np.testing.assert_array_equal(image, preprocess(source, ["hair", "shades_of_grey"]))
        assert mask.shape == (SIZE, SIZE, 1)
    alone = tf.data.Dataset.from_tensor_slices(images).map(datasets.preprocess_stage("hair"))
    assert alone.element_spec.shape == (SIZE, SIZE, 3)


def test_the_stage_refuses_batches():
    data = tf.data.Dataset.from_tensor_slices(np.zeros((2, 8, 8, 3), np.uint8)).batch(2)
    with pytest.raises(ValueError, match="before batching"):
        data.map(datasets.preprocess_stage("hair"))
