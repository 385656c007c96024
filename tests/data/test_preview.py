"""What a preview shows is what a training sees."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from keras_rau.datasets import pipeline, preprocess
from keras_rau.datasets.augmentation import get_policy
from keras_rau.datasets.preview import preview
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import DataError
from keras_rau.evaluation.contact_sheet import contact_sheet
from keras_rau.evaluation.overlays import overlay


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    found = []
    for index in range(7):
        image, mask = draw_phantom(0, index, 64)
        paths = folder / f"{index}.png", folder / f"{index}_mask.png"
        Image.fromarray(image).save(paths[0])
        Image.fromarray(mask * 255).save(paths[1])
        found.append(Sample(f"s{index}", *paths, source="folder"))
    return found


def test_the_epochs_of_a_training(samples):
    size, augment = (48, 40), {"name": "strong", "rotation": 90}
    rows = preview(samples, get_policy(augment), size, images=3, variants=3, seed=9)
    assert [row.id for row in rows] == ["s0", "s3", "s6"]
    training = pipeline(samples, size, batch_size=7, augment=augment, seed=9)
    for epoch in range(3):
        ((images, masks),) = [(image.numpy(), mask.numpy()) for image, mask in training]
        for row in rows:
            index = int(row.id[1:])
            np.testing.assert_array_equal(row.epochs[epoch][0], images[index])
            np.testing.assert_array_equal(row.epochs[epoch][1], masks[index][..., 0])


def test_rows(samples):
    rows = preview(samples, None, (48, 48), images=50, variants=1, preprocessing=["grey_world"])
    assert len(rows) == 7
    for row in rows:
        np.testing.assert_array_equal(row.preprocessed, preprocess(row.fitted[0], ["grey_world"]))
        np.testing.assert_array_equal(row.epochs[0][0], row.preprocessed)
        np.testing.assert_array_equal(row.epochs[0][1], row.fitted[1])
    with pytest.raises(DataError, match="no samples"):
        preview([], None)
    with pytest.raises(DataError, match="s0 has no mask"):
        preview([replace(samples[0], mask=None)], None)


def test_contact_sheet(samples):
    plain, more = [preview(samples, None, (64, 64), 2, 3, preprocessing=steps) for steps in (None, ["grey_world"])]
    sheet, wider = contact_sheet(plain), contact_sheet(more)
    assert sheet.shape[1] == 4 * 68 + 4
    assert wider.shape[1] == 5 * 68 + 4
    assert 2 * 64 < sheet.shape[0] < 2 * 64 + 100
    np.testing.assert_array_equal(sheet[22:86, 4:68], overlay(*plain[0].fitted))
    np.testing.assert_array_equal(wider[22:86, 72:136], overlay(more[0].preprocessed, more[0].fitted[1]))
    np.testing.assert_array_equal(sheet[22:86, 208:272], overlay(*plain[0].epochs[2]))
