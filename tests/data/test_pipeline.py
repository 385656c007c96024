"""tf.data pipelines."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, losses, models
from keras_rau.datasets.feeding import caching, loading, memory_cache
from keras_rau.datasets.feeding.loading import Files, View
from keras_rau.datasets.feeding.memory_cache import MemoryCache
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.plain_errors import plain_errors
from keras_rau.training.config import load_config


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


def test_the_end_of_an_epoch_does_not_wait_for_the_tuner(phantoms):
    """Its thread sleeps for up to a minute, and sometimes the end of an epoch waited until it woke."""
    assert datasets.pipeline(phantoms, 32).options().autotune.enabled is False


def test_every_epoch_has_every_image_in_another_order(phantoms):
    dataset = datasets.pipeline(phantoms, 32, batch_size=12, shuffle_seed=7)
    epochs = [_collect(dataset)[0] for _ in range(3)]
    keys = [[image.tobytes() for image in images] for images in epochs]
    assert set(keys[0]) == set(keys[1]) == set(keys[2])
    assert len(set(keys[0])) == 12
    assert keys[0] != keys[1] != keys[2]


@pytest.mark.parametrize("cache", [True, False, "auto", "none"])
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


@pytest.fixture
def copies(phantoms, tmp_path):
    """Samples whose files may be spoilt."""
    samples = []
    for sample in phantoms:
        image, mask = tmp_path / f"{sample.id}.jpg", tmp_path / f"{sample.id}.png"
        Image.open(sample.image).save(image, quality=90)
        mask.write_bytes(sample.mask.read_bytes())
        samples.append(replace(sample, image=image, mask=mask))
    return samples


@pytest.mark.parametrize("cache", ["none", "memory", "disk"])
def test_training_sees_the_pixels_of_evaluation(copies, tmp_path, cache):
    """The shortcut for JPEG files included: not one grey level of difference."""
    folder = {"cache_dir": tmp_path / "cache"} if cache == "disk" else {}
    dataset = datasets.pipeline(copies, 40, batch_size=5, cache=cache, **folder)
    for _ in range(2):
        images, masks = _collect(dataset)
        for sample, image, mask in zip(copies, images, masks, strict=True):
            np.testing.assert_array_equal(image, datasets.fit_image(datasets.read_image(sample.image), (40, 40)))
            np.testing.assert_array_equal(mask[..., 0], datasets.fit_mask(datasets.read_mask(sample.mask), (40, 40)))


def test_halved_masks_are_those_of_fit_mask(phantoms, tmp_path):
    """Every pattern of 2×2 pixels, and a real outline."""
    patterns = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).reshape(32, 64)
    mask = np.concatenate([patterns, patterns.T.reshape(32, 64)])
    Image.fromarray(mask * 255).save(tmp_path / "mask.png")
    for sample in (replace(phantoms[0], mask=tmp_path / "mask.png"), phantoms[1]):
        wanted = datasets.fit_mask(datasets.read_mask(sample.mask), (32, 32))
        assert 0 < wanted.mean() < 1
        np.testing.assert_array_equal(Files([sample], View((32, 32))).read(0)[1], wanted)


def test_preprocessing_is_done_once_and_as_in_prediction(copies, monkeypatch):
    calls = []

    def counted(image, steps):
        calls.append(steps)
        return datasets.preprocess(image, steps)

    monkeypatch.setattr(loading, "preprocess", counted)
    dataset = datasets.pipeline(copies, 40, preprocess=["grey_world"])
    first, second = _collect(dataset)[0], _collect(dataset)[0]
    assert len(calls) == len(copies)
    np.testing.assert_array_equal(first, second)
    fitted = datasets.fit_image(datasets.read_image(copies[0].image), (40, 40))
    np.testing.assert_array_equal(first[0], datasets.preprocess(fitted, ["grey_world"]))
    assert not np.array_equal(first[0], fitted)


def test_a_short_last_batch_and_leaving_it_out(phantoms):
    for augment in (False, "light"):
        sizes = [len(image) for image, _ in datasets.pipeline(phantoms, 32, batch_size=5, augment=augment)]
        assert sizes == [5, 5, 2]
        dataset = datasets.pipeline(phantoms, 32, batch_size=5, augment=augment, drop_remainder=True)
        assert [len(image) for image, _ in dataset] == [5, 5]
        assert dataset.cardinality() == 2
        assert dataset.element_spec[0].shape == (5, 32, 32, 3)


def test_distance_is_that_of_the_augmented_mask(phantoms):
    _, masks = _collect(datasets.pipeline(phantoms, 32, augment="strong", shuffle_seed=0, target="distance"))
    _, plain = _collect(datasets.pipeline(phantoms, 32, augment="strong", shuffle_seed=0))
    np.testing.assert_array_equal(masks[..., :1], plain)
    np.testing.assert_array_equal(masks[3, ..., 1], datasets.signed_distance(plain[3, ..., 0]))


def _counted(monkeypatch):
    """Indices of the files that are read."""
    read, plain = [], Files.read

    def counted(self, index):
        read.append(index)
        return plain(self, index)

    monkeypatch.setattr(Files, "read", counted)
    return read


@pytest.mark.parametrize(
    ("options", "again"),
    [
        ({"cache": "memory"}, 0),
        ({"cache": True}, 0),
        ({}, 0),
        ({"cache": "none"}, 12),
        ({"cache": False}, 12),
        ({"memory_limit": 4 * 32 * 32 * 5}, 7),
        ({"memory_limit": 4 * 32 * 32 * 5, "cache": "memory"}, 7),
        ({"memory_limit": 0}, 12),
    ],
)
@pytest.mark.filterwarnings("ignore:The resized images")
def test_what_is_cached_is_not_read_again(phantoms, monkeypatch, options, again):
    dataset = datasets.pipeline(phantoms, 32, shuffle_seed=1, **options)
    first = _collect(dataset)
    read = _counted(monkeypatch)
    second = _collect(dataset)
    assert len(read) == again
    assert sorted(image.tobytes() for image in first[0]) == sorted(image.tobytes() for image in second[0])


def test_what_does_not_fit_into_memory_is_said(phantoms):
    with pytest.warns(UserWarning, match=r"7 of 12 are decoded in every epoch. A `cache_dir`"):
        datasets.pipeline(phantoms, 32, memory_limit=4 * 32 * 32 * 5)


def test_auto_goes_to_disk_only_when_memory_is_short(phantoms, tmp_path):
    datasets.pipeline(phantoms, 32, cache_dir=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    dataset = datasets.pipeline(phantoms, 32, cache_dir=tmp_path / "cache", memory_limit=1000)
    assert (tmp_path / "cache" / "manifest.json").exists()
    np.testing.assert_array_equal(_collect(dataset)[0], _collect(datasets.pipeline(phantoms, 32))[0])


def test_memory_of_the_cache_is_bounded(phantoms):
    view = View((256, 256))
    cache = MemoryCache(Files(phantoms, view), view, 100_000, 10 * view.bytes_per_sample + 5)
    assert cache.kept == 10
    assert cache._images.nbytes + cache._masks.nbytes == 10 * view.bytes_per_sample


@pytest.mark.parametrize(
    ("available", "containers", "limit"),
    [
        (8 * 2**30, [], 2 * 2**30),
        (64 * 2**30, [], 4 * 2**30),
        (64 * 2**30, [str(2**30)], 2**28),
        (64 * 2**30, ["max"], 4 * 2**30),
        (None, [], 2**30),
    ],
)
def test_default_limit_is_a_share_of_the_free_memory(tmp_path, monkeypatch, available, containers, limit):
    files = [tmp_path / "missing"]
    for number, text in enumerate(containers):
        files.append(tmp_path / str(number))
        files[-1].write_text(text + "\n")
    monkeypatch.setattr(memory_cache, "_available", lambda: available)
    monkeypatch.setattr(memory_cache, "_CONTAINERS", files)
    assert memory_cache.default_limit() == limit


def test_default_limit_is_used(phantoms, monkeypatch):
    monkeypatch.setattr(caching, "default_limit", lambda: 4 * 32 * 32)
    with pytest.warns(UserWarning, match="11 of 12"):
        datasets.pipeline(phantoms, 32)


def _spoil_missing(sample):
    sample.image.unlink()
    return sample.image


def _spoil_damaged(sample):
    sample.image.write_bytes(sample.image.read_bytes()[:300])
    return sample.image


def _spoil_mask(sample):
    Image.new("L", (64, 64), 77).save(sample.mask)
    return sample.mask


@pytest.mark.parametrize("spoil", [_spoil_missing, _spoil_damaged, _spoil_mask])
@pytest.mark.parametrize("augment", [False, "light"])
def test_a_file_that_breaks_in_mid_training_is_named(copies, spoil, augment):
    dataset = datasets.pipeline(copies, 32, batch_size=4, cache="none", augment=augment)
    _collect(dataset)
    path = spoil(copies[7])
    with pytest.raises(DataError, match=re.escape(str(path))) as found, plain_errors():
        _collect(dataset)
    assert "\n" not in str(found.value)


def test_a_file_that_breaks_under_fit_is_named(copies):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1)])
    model.compile("sgd", loss="mse")
    dataset = datasets.pipeline(copies, 8, cache="none")
    path = _spoil_damaged(copies[9])
    with pytest.raises(DataError, match=re.escape(str(path))), plain_errors():
        model.fit(dataset, verbose=0, shuffle=False)


def test_our_models_raise_the_line_about_a_file_and_nothing_around_it(copies):
    model = models.UNet(input_shape=(8, 8, 3), width=2, depth=2)
    model.compile("sgd", losses.DiceLoss(), run_eagerly=True)
    dataset = datasets.pipeline(copies, 8, cache="none")
    path = _spoil_damaged(copies[9])
    for run, options in ((model.fit, {"shuffle": False}), (model.evaluate, {}), (model.predict, {})):
        with pytest.raises(DataError, match=re.escape(str(path))) as found:
            run(dataset, verbose=0, **options)
        assert "\n" not in str(found.value)
        assert found.value.__suppress_context__


def test_other_errors_stay_as_they_are():
    with pytest.raises(KeyError), plain_errors():
        raise KeyError("x")
    with pytest.raises(UsageError, match=r"^DataError: x$"), plain_errors():
        raise UsageError("DataError: x")


def test_bad_input(phantoms):
    with pytest.raises(DataError, match="no samples"):
        datasets.pipeline([])
    with pytest.raises(DataError, match=phantoms[0].id):
        datasets.pipeline([replace(phantoms[0], mask=None)])
    with pytest.raises(ValueError, match="batch_size=0"):
        datasets.pipeline(phantoms, batch_size=0)
    with pytest.raises(ValueError, match="augment='ligth'"):
        datasets.pipeline(phantoms, augment="ligth")
    with pytest.raises(ValueError, match=r"Did you mean 'memory'.*cache='memroy'"):
        datasets.pipeline(phantoms, cache="memroy")
    with pytest.raises(ValueError, match="give `cache_dir`"):
        datasets.pipeline(phantoms, cache="disk")
    with pytest.raises(ValueError, match=r"cache='memory', cache_dir=here"):
        datasets.pipeline(phantoms, cache="memory", cache_dir="here")
    with pytest.raises(ValueError, match="memory_limit=-1"):
        datasets.pipeline(phantoms, memory_limit=-1)
    with pytest.raises(ValueError, match="resize='crop'"):
        datasets.pipeline(phantoms, resize="crop")
    with pytest.raises(ValueError, match="target='edges'"):
        datasets.pipeline(phantoms, target="edges")
    with pytest.raises(UsageError, match="'heir'"):
        datasets.pipeline(phantoms, preprocess=["heir"])


@pytest.mark.parametrize(("given", "kind"), [(True, "auto"), (False, "none"), ("memory", "memory"), ("none", "none")])
def test_cache_in_a_configuration(given, kind):
    assert load_config(overrides={"data.cache": given}).data.cache == kind


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"data.cache": "disk"}, "data.cache_dir.*needs a folder"),
        ({"data.cache": "none", "data.cache_dir": "here"}, "not for none"),
        ({"data.cache": "disc"}, "data.cache: .*'disk'"),
    ],
)
def test_a_cache_that_cannot_be_is_known_from_the_configuration(settings, reason):
    with pytest.raises(RauError, match=reason):
        load_config(overrides=settings)
