"""tf.data pipelines."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_rau import datasets
from keras_rau.errors import DataError


def _collect(dataset):
    images, masks = zip(*[(image.numpy(), mask.numpy()) for image, mask in dataset], strict=True)
    return np.concatenate(images), np.concatenate(masks)


def test_shapes_ranges_order_and_cardinality(phantoms):
    dataset = datasets.pipeline(phantoms, image_size=(32, 48), batch_size=5)
    assert dataset.cardinality() == 3
    images, masks = _collect(dataset)
    assert images.shape == (12, 32, 48, 3)
    assert masks.shape == (12, 32, 48, 1)
    assert images.dtype == masks.dtype == np.float32
    assert images.max() > 100
    assert set(np.unique(masks)) == {0.0, 1.0}
    for sample, image, mask in zip(phantoms, images, masks, strict=True):
        np.testing.assert_array_equal(image, datasets.fit_image(datasets.read_image(sample.image), (32, 48)))
        np.testing.assert_array_equal(mask[..., 0], datasets.fit_mask(datasets.read_mask(sample.mask), (32, 48)))


def test_every_epoch_has_every_image_in_another_order(phantoms):
    dataset = datasets.pipeline(phantoms, 32, batch_size=12, shuffle_seed=7)
    epochs = [_collect(dataset)[0] for _ in range(3)]
    keys = [[image.tobytes() for image in images] for images in epochs]
    assert set(keys[0]) == set(keys[1]) == set(keys[2])
    assert len(set(keys[0])) == 12
    assert keys[0] != keys[1] != keys[2]


@pytest.mark.parametrize("cache", [True, False])
def test_a_resumed_pipeline_goes_on_where_it_stopped(phantoms, cache):
    arguments = {"image_size": 32, "batch_size": 4, "augment": "strong", "shuffle_seed": 7, "cache": cache}
    whole = datasets.pipeline(phantoms, **arguments)
    epochs = [_collect(whole) for _ in range(3)]
    resumed = datasets.pipeline(phantoms, start_epoch=2, **arguments)
    for one, other in zip(epochs[2], _collect(resumed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(epochs[0][0], epochs[1][0])


def test_augmentation_does_not_depend_on_the_batch_size(phantoms):
    small = _collect(datasets.pipeline(phantoms, 32, batch_size=1, augment="light", seed=3))
    large = _collect(datasets.pipeline(phantoms, 32, batch_size=12, augment="light", seed=3))
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(one, other)


def _share_of_lesion(y_true, y_pred):
    return keras.ops.mean(y_true, (1, 2, 3)) + 0 * keras.ops.mean(y_pred, (1, 2, 3))


def test_fit_counts_one_epoch_each(phantoms):
    """`fit` must not iterate more often than once an epoch, or a resumed training would see other data."""
    seen = []

    class Record(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs["loss"])

    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
    model.add(keras.layers.Reshape((1, 1, 1)))
    model.compile(keras.optimizers.SGD(0.0), loss=_share_of_lesion)
    arguments = {"image_size": 8, "batch_size": 12, "augment": "strong", "shuffle_seed": 1}
    model.fit(datasets.pipeline(phantoms, **arguments), epochs=3, verbose=0, shuffle=False, callbacks=[Record()])
    wanted = [_collect(datasets.pipeline(phantoms, start_epoch=epoch, **arguments))[1].mean() for epoch in range(3)]
    np.testing.assert_allclose(seen, wanted, rtol=1e-4)


def test_bad_input(phantoms):
    with pytest.raises(DataError, match="no samples"):
        datasets.pipeline([])
    with pytest.raises(DataError, match=phantoms[0].id):
        datasets.pipeline([replace(phantoms[0], mask=None)])
    with pytest.raises(ValueError, match="batch_size=0"):
        datasets.pipeline(phantoms, batch_size=0)
    with pytest.raises(ValueError, match="augment='ligth'"):
        datasets.pipeline(phantoms, augment="ligth")
