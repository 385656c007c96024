"""Weights of images by how rare they are."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, losses
from keras_rau.errors import DataError
from keras_rau.training.config import load_config
from keras_rau.training.data.split import load_split


@pytest.fixture(scope="module")
def diagnosed(phantoms):
    """Eight nevi, two melanomas, one number for a name, and one image that nobody looked at."""
    names = ["nevus"] * 8 + ["melanoma"] * 2 + [7.0, float("nan")]
    return [replace(sample, metadata={"diagnosis": name}) for sample, name in zip(phantoms, names, strict=True)]


def test_every_diagnosis_counts_the_same_in_total(diagnosed):
    weights = datasets.image_weights(diagnosed, "diagnosis")
    assert weights == pytest.approx([11 / 24] * 8 + [11 / 6] * 2 + [11 / 3, 1])
    assert np.mean(weights) == pytest.approx(1)


def test_sizes_are_those_of_the_lesion(phantoms, tmp_path):
    samples = []
    for number, columns in enumerate((1, 1, 1, 4, 30)):
        path = tmp_path / f"{number}.png"
        mask = np.zeros((10, 100), np.uint8)
        mask[:, :columns] = 255
        Image.fromarray(mask).save(path)
        samples.append(replace(phantoms[0], id=str(number), mask=path))
    assert datasets.image_weights(samples, "lesion_size") == pytest.approx([5 / 8] * 4 + [5 / 2])
    with pytest.raises(DataError, match="one and the same lesion_size, 0 to 5 % of the image"):
        datasets.image_weights(samples[:4], "lesion_size")


@pytest.mark.parametrize(
    ("column", "message"),
    [("site", r"Known: lesion_size, diagnosis. Received: 'site'"), ("sex", "one and the same sex, female")],
)
def test_what_cannot_be_balanced(diagnosed, column, message):
    samples = diagnosed
    if column == "sex":
        samples = [replace(sample, metadata={"sex": "female"}) for sample in diagnosed]
    with pytest.raises(DataError, match=message):
        datasets.image_weights(samples, column)


@pytest.mark.parametrize("augment", [False, "light"])
def test_a_weight_follows_its_image(phantoms, augment):
    """Found by the image itself: the order changes in every epoch."""
    weights = [number / 4 for number in range(12)]
    plain = datasets.pipeline(phantoms, 32, batch_size=12, augment=augment, shuffle_seed=5)
    weighted = datasets.pipeline(phantoms, 32, batch_size=12, augment=augment, shuffle_seed=5, weights=weights)
    order = []
    for (images, masks), (same_images, same_masks, drawn) in zip(plain, weighted, strict=True):
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(masks, same_masks)
        assert drawn.shape == (12,)
        order = list(drawn.numpy())
    assert order != sorted(order)
    assert sorted(order) == weights
    if not augment:
        for image, weight in zip(images.numpy(), order, strict=True):
            sample = phantoms[int(4 * weight)]
            np.testing.assert_array_equal(image, datasets.fit_image(datasets.read_image(sample.image), (32, 32)))


@pytest.mark.parametrize("weights", [[1.0] * 11, [1.0] * 11 + [-1.0], [1.0] * 11 + [float("nan")]])
def test_wrong_weights_are_refused(phantoms, weights):
    with pytest.raises(ValueError, match="`weights` must be 12 finite numbers from 0"):
        datasets.pipeline(phantoms, 32, weights=weights)


def test_weights_enter_the_loss(phantoms):
    model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile("sgd", loss=losses.BinaryCrossentropy())
    single = [model.evaluate(datasets.pipeline([sample], 32), verbose=0) for sample in phantoms[:2]]
    together = model.evaluate(datasets.pipeline(phantoms[:2], 32, weights=[0.5, 1.5]), verbose=0)
    assert together == pytest.approx((0.5 * single[0] + 1.5 * single[1]) / 2, rel=1e-5)
    assert together != pytest.approx(sum(single) / 2, rel=1e-3)


def test_the_setting_weighs_training_images_alone(tmp_path):
    settings = {"data.data_dir": str(tmp_path / "phantoms"), "data.options": {"n": 20, "size": 64}}
    split = load_split(load_config(overrides={**settings, "data.balance": "lesion_size"}))
    assert split.weights == datasets.image_weights(split.train, "lesion_size")
    assert load_split(load_config(overrides=settings)).weights is None
    with pytest.raises(DataError, match="Received: 'diagnose'"):
        load_split(load_config(overrides={**settings, "data.balance": "diagnose"}))
