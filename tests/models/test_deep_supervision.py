"""Deep supervision under plain compile and fit."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import models

ARCHITECTURES = [models.UNet, models.AttentionUNet, models.RAUNet]


def _data(size=16, count=6, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 80, (count, size, size, 3)).astype("float32")
    masks = np.zeros((count, size, size, 1), "float32")
    for index, (top, left) in enumerate(rng.integers(0, size // 2, (count, 2))):
        masks[index, top : top + size // 2, left : left + size // 2] = 1
    return images + 150 * masks, masks


def _number(value):
    return float(ops.convert_to_numpy(value))


def _model(architecture=models.RAUNet, size=16, **arguments):
    return architecture(input_shape=(size, size, 3), width=4, depth=2, deep_supervision=True, **arguments)


def test_one_output_at_inference_and_a_dict_in_training():
    model = _model()
    images, _ = _data()
    assert ops.convert_to_numpy(model(images)).shape == (6, 16, 16, 1)
    maps = model(images, training=True)
    assert {name: tuple(value.shape) for name, value in maps.items()} == {
        "mask": (6, 16, 16, 1),
        "side_2": (6, 8, 8, 1),
        "side_1": (6, 16, 16, 1),
    }
    assert len(model.outputs) == 1


@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        (models.UNet, 16),
        pytest.param(models.RAUNet, None, marks=pytest.mark.slow),
        pytest.param(models.AttentionUNet, 16, marks=(pytest.mark.slow, pytest.mark.matrix)),
        pytest.param(models.RAUNet, 16, marks=(pytest.mark.slow, pytest.mark.matrix)),
    ],
)
def test_fit_save_load_refit(architecture, size, tmp_path):
    images, masks = _data()
    model = _model(architecture, size)
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
    before = [ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    history = model.fit(images, masks, validation_data=(images, masks), batch_size=4, epochs=6, verbose=0).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["loss"][-1] < history["loss"][0]
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(old, ops.convert_to_numpy(variable)), variable.path
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5)
    again = loaded.fit(images, masks, batch_size=4, epochs=2, verbose=0).history
    assert again["loss"][-1] < history["loss"][0]


def test_total_is_main_plus_weighted_sides():
    images, masks = _data()
    model = _model(side_weights=[0.5, 0.1])
    model.compile("sgd", "binary_crossentropy")
    maps = model(images, training=True)
    bce = keras.losses.BinaryCrossentropy()
    small = masks[:, 1::2, 1::2]
    expected = bce(masks, maps["mask"]) + 0.5 * bce(small, maps["side_2"]) + 0.1 * bce(masks, maps["side_1"])
    found = model.compute_loss(images, masks, maps)
    np.testing.assert_allclose(_number(found), _number(expected), rtol=1e-5)


def test_validation_loss_is_of_the_main_map_only():
    images, masks = _data()
    model = _model()
    model.compile("sgd", "binary_crossentropy")
    found = model.evaluate(images, masks, verbose=0)
    expected = keras.losses.BinaryCrossentropy()(masks, model.predict(images, verbose=0))
    np.testing.assert_allclose(found, _number(expected), rtol=1e-4)


def test_per_pixel_weights_reach_the_sides():
    images, masks = _data()
    model = _model()
    model.compile("sgd", keras.losses.BinaryCrossentropy())
    maps = model(images, training=True)
    zero = model.compute_loss(images, masks, maps, np.zeros((6, 16, 16), "float32"))
    assert _number(zero) == pytest.approx(0, abs=1e-7)


def test_a_dict_of_losses_is_refused():
    images, masks = _data()
    model = _model()
    model.compile("sgd", ["binary_crossentropy"])
    with pytest.raises(ValueError, match="one loss"):
        model.train_on_batch(images, masks)


def test_regularisation_is_counted_once():
    images, masks = _data()
    model = _model()
    model.get_layer("logits").kernel.regularizer = keras.regularizers.L2(1.0)
    model.compile("sgd", "binary_crossentropy")
    maps = model(images, training=True)
    with_penalty = _number(model.compute_loss(images, masks, maps))
    model.get_layer("logits").kernel.regularizer = None
    without = _number(model.compute_loss(images, masks, maps))
    penalty = _number(ops.sum(ops.square(model.get_layer("logits").kernel)))
    assert with_penalty - without == pytest.approx(penalty, rel=1e-3)
