"""Losses against values computed by hand, and their contracts."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses
from keras_rau.pixels import flatten_pixels

LEFT_HALF = np.float32([[1, 1, 0, 0]] * 4)[None, ..., None]
TOP_HALF = np.float32([[1] * 4] * 2 + [[0] * 4] * 2)[None, ..., None]
EMPTY, FULL = np.zeros_like(LEFT_HALF), np.ones_like(LEFT_HALF)
ALL = [
    losses.BinaryCrossentropy(),
    losses.BinaryCrossentropy(label_smoothing=0.1),
    losses.DiceLoss(),
    losses.DiceLoss(squared=True),
    losses.TverskyLoss(),
    losses.CompoundLoss(),
    losses.CompoundLoss([losses.TverskyLoss(alpha=0.2), losses.DiceLoss()], weights=[0.5, 2]),
]
IDS = [f"{index}-{loss.name}" for index, loss in enumerate(ALL)]


def _again(loss, **changes):
    return type(loss).from_config({**loss.get_config(), **changes})


def _random(shape=(3, 5, 7, 1), seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) > 0.6).astype("float32"), rng.uniform(0.02, 0.98, shape).astype("float32")


@pytest.mark.parametrize(
    ("loss", "truth", "prediction", "expected"),
    [
        (losses.DiceLoss(smooth=1), LEFT_HALF, TOP_HALF, 1 - (2 * 4 + 1) / (16 + 1)),
        (losses.DiceLoss(smooth=1), EMPTY, EMPTY, 0),
        (losses.DiceLoss(smooth=1), EMPTY, FULL, 1 - 1 / 17),
        (losses.DiceLoss(smooth=1, squared=True), LEFT_HALF, 0.5 * FULL, 1 - (2 * 4 + 1) / (8 + 4 + 1)),
        # 4 hits, 4 false positives, 4 false negatives
        (losses.TverskyLoss(0.3, 0.7, smooth=1), LEFT_HALF, TOP_HALF, 1 - 5 / (4 + 0.3 * 4 + 0.7 * 4 + 1)),
        # only false positives: alpha
        (losses.TverskyLoss(0.25, 0.75, smooth=1), EMPTY, FULL, 1 - 1 / (0.25 * 16 + 1)),
        # only false negatives: beta
        (losses.TverskyLoss(0.25, 0.75, smooth=1), FULL, EMPTY, 1 - 1 / (0.75 * 16 + 1)),
        (losses.BinaryCrossentropy(), LEFT_HALF, 0.25 * FULL, -(np.log(0.25) + np.log(0.75)) / 2),
        (losses.BinaryCrossentropy(label_smoothing=0.2), FULL, 0.25 * FULL, -0.9 * np.log(0.25) - 0.1 * np.log(0.75)),
        (
            losses.CompoundLoss(weights=[2, 3]),
            LEFT_HALF,
            0.25 * FULL,
            -(np.log(0.25) + np.log(0.75)) + 3 * (1 - (2 * 2 + 1) / (4 + 8 + 1)),
        ),
    ],
)
def test_by_hand(loss, truth, prediction, expected):
    assert float(loss(truth, prediction)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_batch_is_the_mean_of_its_images(loss):
    truth, prediction = _random()
    singles = [float(loss(truth[i : i + 1], prediction[i : i + 1])) for i in range(3)]
    assert float(loss(truth, prediction)) == pytest.approx(np.mean(singles), abs=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_logits_and_probabilities_agree(loss):
    truth, prediction = _random()
    logits = np.log(prediction / (1 - prediction))
    assert float(_again(loss, from_logits=True)(truth, logits)) == pytest.approx(
        float(loss(truth, prediction)), abs=1e-5
    )


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_image_weights(loss):
    truth, prediction = _random()
    per_image = ops.convert_to_numpy(_again(loss, reduction=None)(truth, prediction))
    weights = np.float32([0.5, 0, 2])
    for shaped in (weights, weights[:, None]):
        found = float(loss(truth, prediction, sample_weight=shaped))
        assert found == pytest.approx((weights * per_image).sum() / 3, abs=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_pixel_weights_of_zero_leave_pixels_out(loss):
    truth, prediction = _random()
    weights = np.ones((3, 5, 7), "float32")
    weights[:, :, 4:] = 0
    wanted = float(loss(truth[:, :, :4], prediction[:, :, :4]))
    for shaped in (weights, weights[..., None]):
        assert float(loss(truth, prediction, sample_weight=shaped)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_ignored_pixels_count_nothing(loss):
    truth, prediction = _random()
    wanted = float(loss(truth[:, :, :4], prediction[:, :, :4]))
    truth[:, :, 4:] = 255
    assert float(_again(loss, ignore_value=255)(truth, prediction)) == pytest.approx(wanted, abs=1e-6)


def test_pixel_weights_inside_the_sums_by_hand():
    weights = np.where(LEFT_HALF > 0, 3.0, 1.0)[..., 0]
    # TP 4·3, Σp 4·3 + 4·1, Σg 8·3
    expected = 1 - (2 * 12 + 1) / (16 + 24 + 1)
    assert float(losses.DiceLoss()(LEFT_HALF, TOP_HALF, sample_weight=weights)) == pytest.approx(expected, abs=1e-6)
    half = 0.5 * FULL
    # α on the 8 background pixels of weight 1, β on the 8 lesion pixels of weight 3
    expected = 1 - (12 + 1) / (12 + 0.3 * 4 + 0.7 * 12 + 1)
    assert float(losses.TverskyLoss()(LEFT_HALF, half, sample_weight=weights)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (3, 5, 6), (3, 5, 7, 2), (5, 7)])
def test_other_weights_are_refused(shape):
    truth, prediction = _random()
    with pytest.raises(ValueError, match="sample_weight"):
        losses.DiceLoss()(truth, prediction, sample_weight=np.ones(shape, "float32"))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="same height"):
        losses.DiceLoss()(np.ones((1, 4, 4, 1)), np.ones((1, 4, 5, 1)))
    with pytest.raises(ValueError, match="y_true"):
        losses.DiceLoss()(np.ones((4, 4)), np.ones((4, 4)))


@pytest.mark.parametrize("loss", ALL, ids=IDS)
@pytest.mark.parametrize("truth", [EMPTY, FULL, LEFT_HALF])
def test_finite_value_and_gradient_everywhere(loss, truth):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken with TensorFlow")
    import tensorflow as tf

    extremes = [(True, -1e4), (True, 0.0), (True, 1e4), (False, 0.0), (False, 0.5), (False, 1.0)]
    for from_logits, value in extremes:
        prediction = tf.Variable(np.full_like(truth, value))
        with tf.GradientTape() as tape:
            found = _again(loss, from_logits=from_logits)(truth, prediction)
        gradient = tape.gradient(found, prediction)
        assert np.isfinite(found.numpy())
        assert np.isfinite(gradient.numpy()).all()


@pytest.mark.parametrize("loss", ALL, ids=IDS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_computed_in_float32(loss, dtype):
    truth, prediction = np.ones((1, 300, 300, 1), "float32"), np.full((1, 300, 300, 1), 0.75, "float32")
    found = loss(ops.cast(truth, dtype), ops.cast(prediction, dtype))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    # 90,000 hits are infinite in float16.
    assert float(found) == pytest.approx(float(loss(truth, prediction)), abs=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_serialised(loss):
    truth, prediction = _random()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.get_config() == loss.get_config()
    assert float(again(truth, prediction)) == pytest.approx(float(loss(truth, prediction)))


@pytest.mark.parametrize("loss", ALL, ids=IDS)
def test_trains_inside_a_saved_model(loss, tmp_path):
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), loss=loss)
    truth, _ = _random((4, 6, 6, 1))
    values = model.fit(truth, truth, epochs=5, batch_size=3, verbose=0).history["loss"]
    assert values[-1] < values[0]
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.loss.get_config() == loss.get_config()


def test_channels_are_averaged():
    truth, prediction = _random((2, 4, 4, 3))
    each = [float(losses.DiceLoss()(truth[..., k : k + 1], prediction[..., k : k + 1])) for k in range(3)]
    assert float(losses.DiceLoss()(truth, prediction)) == pytest.approx(np.mean(each), abs=1e-6)


def test_tversky_of_halves_is_dice():
    truth, prediction = _random()
    tversky, dice = losses.TverskyLoss(0.5, 0.5, smooth=0.5), losses.DiceLoss(smooth=1)
    assert float(tversky(truth, prediction)) == pytest.approx(float(dice(truth, prediction)), abs=1e-6)


def test_by_name():
    assert losses.get("tversky", alpha=0.1).alpha == 0.1
    assert [part.name for part in losses.get("compound", losses=["dice", "tversky"]).losses] == [
        "dice_loss",
        "tversky_loss",
    ]
    with pytest.raises(ValueError, match="Did you mean 'tversky'"):
        losses.get("tverski")
    with pytest.raises(ValueError, match="does not take"):
        losses.get("dice", alpha=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.DiceLoss(smooth=0),
        lambda: losses.TverskyLoss(alpha=-1),
        lambda: losses.BinaryCrossentropy(label_smoothing=1),
        lambda: losses.CompoundLoss(weights=[1]),
        lambda: losses.CompoundLoss(["dice"]),
    ],
)
def test_bad_arguments(make):
    with pytest.raises(ValueError, match="Received"):
        make()


def test_flatten_keeps_rows_together():
    values = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(flatten_pixels(values, "x"))[1, :, 0], np.arange(12, 24))
