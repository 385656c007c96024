"""What every loss promises: shapes, weights, reduction, precision, serialisation, training."""

import re

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, metrics
from keras_rau.pixels import flatten_pixels
from tests.losses.cases import BINARY, CASES, again, random_maps, value_and_gradient, with_distance


@pytest.fixture(params=CASES)
def name(request):
    return request.param


def test_logits_and_probabilities_agree(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    truth, logits = with_distance(loss, truth), np.log(prediction / (1 - prediction))
    assert float(again(loss, from_logits=True)(truth, logits)) == pytest.approx(
        float(loss(truth, prediction)), abs=1e-5
    )


def test_image_weights(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    truth = with_distance(loss, truth)
    per_image = ops.convert_to_numpy(again(loss, reduction=None)(truth, prediction))
    weights = np.float32([0.5, 0, 2])
    for shaped in (weights, weights[:, None]):
        found = float(loss(truth, prediction, sample_weight=shaped))
        assert found == pytest.approx((weights * per_image).sum() / 3, abs=1e-6)


def test_pixels_of_weight_zero_and_ignored_pixels_are_as_if_cut_off(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    # Skin, because the border weights of the structure loss look past the cut.
    truth[:, :, 4:] = 0
    full = with_distance(loss, truth)
    wanted = float(loss(full[:, :, :4], prediction[:, :, :4]))
    weights = np.ones((3, 5, 7), "float32")
    weights[:, :, 4:] = 0
    for shaped in (weights, weights[..., None]):
        assert float(loss(full, prediction, sample_weight=shaped)) == pytest.approx(wanted, abs=1e-6)
    full[:, :, 4:, 0] = 255
    assert float(again(loss, ignore_value=255)(full, prediction)) == pytest.approx(wanted, abs=1e-6)


# A window of the structure loss would look across the seam.
@pytest.mark.parametrize("case", sorted(set(CASES) - {"structure", "structure-collapsed"}))
def test_over_the_batch_is_over_one_tall_image(case):
    loss, (truth, prediction) = CASES[case], random_maps()
    truth = with_distance(loss, truth)
    over_batch = again(loss, average="batch")
    tall = [values.reshape(1, 15, 7, -1) for values in (truth, prediction)]
    assert float(over_batch(truth, prediction)) == pytest.approx(float(loss(*tall)), abs=1e-6)
    # Weights of images become those of their pixels.
    weights = np.float32([1, 0, 2])
    pixels = np.repeat(weights, 35).reshape(1, 15, 7)
    found = float(over_batch(truth, prediction, sample_weight=weights))
    assert found == pytest.approx(float(loss(*tall, sample_weight=pixels)), abs=1e-6)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (3, 5, 6), (3, 5, 7, 2), (5, 7)])
def test_other_weights_are_refused(shape):
    truth, prediction = random_maps()
    with pytest.raises(ValueError, match="sample_weight"):
        losses.DiceLoss()(truth, prediction, sample_weight=np.ones(shape, "float32"))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="same height"):
        losses.DiceLoss()(np.ones((1, 4, 4, 1)), np.ones((1, 4, 5, 1)))
    with pytest.raises(ValueError, match="same height"):
        losses.DiceLoss()(np.ones((1, 4, 4, 2)), np.ones((1, 4, 4, 3)))
    with pytest.raises(ValueError, match="y_true"):
        losses.DiceLoss()(np.ones((4, 4)), np.ones((4, 4)))


def test_masks_of_any_type():
    truth, prediction = random_maps()
    wanted = float(losses.CompoundLoss()(truth, prediction))
    for masks in (truth[..., 0], truth.astype("uint8"), truth.astype("int64"), truth.astype(bool)):
        assert float(losses.CompoundLoss()(masks, prediction)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("truth", ["empty", "full", "half"])
def test_finite_value_and_gradient_everywhere(name, truth):
    mask = np.float32([[1, 1, 0, 0]] * 4)[None, ..., None] if truth == "half" else np.ones((1, 4, 4, 1), "float32")
    mask = 0 * mask if truth == "empty" else mask
    loss = CASES[name]
    for from_logits, value in ((True, -1e4), (True, 0.0), (True, 1e4), (False, 0.0), (False, 0.5), (False, 1.0)):
        for prediction in (np.full_like(mask, value), np.where(mask > 0, value, -value if from_logits else 1 - value)):
            found, gradient = value_and_gradient(
                again(loss, from_logits=from_logits), with_distance(loss, mask), prediction.astype("float32")
            )
            assert np.isfinite(found)
            assert np.isfinite(gradient).all()
    everything_ignored = again(loss, ignore_value=float(mask.max()) if truth != "half" else 255)
    target = with_distance(loss, mask)
    if truth == "half":
        target[..., 0] = 255
    found, gradient = value_and_gradient(everything_ignored, target, np.full_like(mask, 0.3))
    assert np.isfinite(found)
    assert np.abs(gradient).max() == pytest.approx(0, abs=1e-6)


def test_a_saturated_wrong_logit_still_has_a_gradient():
    mask, logits = np.ones((1, 4, 4, 1), "float32"), np.full((1, 4, 4, 1), -1e4, "float32")
    for loss in (losses.BinaryCrossentropy(), losses.FocalLoss(), losses.CompoundLoss(), losses.LovaszLoss()):
        _, gradient = value_and_gradient(again(loss, from_logits=True), mask, logits)
        assert (gradient < -1e-3).all(), loss.name


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_computed_in_float32(name, dtype):
    truth = np.ones((1, 300, 300, 1), "float32")
    truth[:, :10] = 0
    truth = with_distance(CASES[name], truth)
    prediction = np.full((1, 300, 300, 1), 0.75, "float32")
    found = CASES[name](truth, ops.cast(prediction, dtype))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    # 90,000 hits are infinite in float16.
    assert float(found) == pytest.approx(float(CASES[name](truth, prediction)), abs=1e-6)


def test_serialised(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    truth = with_distance(loss, truth)
    back = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert back.get_config() == loss.get_config()
    assert float(back(truth, prediction)) == pytest.approx(float(loss(truth, prediction)))


def test_trains_inside_a_saved_model(name, tmp_path):
    loss = again(CASES[name], name="mine")
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), loss=loss, metrics=[metrics.DiceScore(target="distance")])
    images, _ = random_maps((4, 6, 6, 1))
    found = model.fit(images, with_distance(loss, images), epochs=4, batch_size=3, verbose=0).history["loss"]
    assert found[-1] < found[0]
    model.save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").loss.get_config() == loss.get_config()


@pytest.mark.parametrize("case", sorted(set(CASES) - BINARY))
def test_several_classes(case):
    loss, rng = CASES[case], np.random.default_rng(0)
    logits, labels = rng.normal(size=(2, 5, 6, 3)).astype("float32"), rng.integers(0, 3, (2, 5, 6))
    probability = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    onehot = np.eye(3, dtype="float32")[labels]
    wanted = float(loss(onehot, probability))
    assert np.isfinite(wanted)
    assert float(loss(labels, probability)) == pytest.approx(wanted, abs=1e-6)
    assert float(again(loss, from_logits=True)(labels, logits)) == pytest.approx(wanted, abs=1e-5)
    ignoring = again(loss, ignore_value=9)
    marked = labels.copy()
    marked[:, 3:] = 9
    assert np.isfinite(float(ignoring(marked, probability)))


def test_channels_are_averaged_and_the_background_can_be_left_out():
    rng = np.random.default_rng(0)
    truth = (rng.random((2, 4, 4, 3)) > 0.5).astype("float32")
    prediction = rng.random((2, 4, 4, 3)).astype("float32")
    each = [float(losses.DiceLoss()(truth[..., k : k + 1], prediction[..., k : k + 1])) for k in range(3)]
    assert float(losses.DiceLoss()(truth, prediction)) == pytest.approx(np.mean(each), abs=1e-6)
    without = losses.DiceLoss(include_background=False)
    assert float(without(truth, prediction)) == pytest.approx(np.mean(each[1:]), abs=1e-6)
    logits = rng.normal(size=(2, 4, 4, 3)).astype("float32")
    multilabel = losses.DiceLoss(from_logits=True, activation="sigmoid")
    assert float(multilabel(truth, logits)) == pytest.approx(
        float(losses.DiceLoss()(truth, 1 / (1 + np.exp(-logits)))), abs=1e-6
    )


def test_by_name():
    for name in losses.names():
        assert isinstance(losses.get(name), losses.SegmentationLoss)
    assert losses.get("tversky", alpha=0.1).alpha == 0.1
    compound = losses.get("compound", losses=["dice", {"name": "tversky", "alpha": 0.4}])
    assert [type(part).__name__ for part in compound.losses] == ["DiceLoss", "TverskyLoss"]
    assert compound.losses[1].alpha == 0.4
    assert isinstance(losses.get("boundary", region="jaccard").region, losses.JaccardLoss)
    with pytest.raises(ValueError, match="Did you mean 'tversky'"):
        losses.get("tverski")
    with pytest.raises(
        ValueError, match=r"does not take this argument. Did you mean 'alpha'\? Known: alpha, beta, smooth"
    ):
        losses.get("tversky", alpah=1)
    with pytest.raises(ValueError, match="needs a name"):
        losses.get("compound", losses=["bce", {"nam": "dice"}])


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.DiceLoss(smooth=0),
        lambda: losses.DiceLoss(average="pixel"),
        lambda: losses.DiceLoss(activation="relu"),
        lambda: losses.TverskyLoss(alpha=-1),
        lambda: losses.FocalTverskyLoss(gamma=0.5),
        lambda: losses.BinaryCrossentropy(label_smoothing=1),
        lambda: losses.BinaryCrossentropy(class_weight=[1, 2, 3]),
        lambda: losses.WeightedBinaryCrossentropy(0),
        lambda: losses.FocalLoss(gamma=-1),
        lambda: losses.FocalLoss(alpha=1),
        lambda: losses.GeneralizedDiceLoss("cubic"),
        lambda: losses.ComboLoss(alpha=2),
        lambda: losses.UnifiedFocalLoss(gamma=1),
        lambda: losses.StructureLoss(window=30),
        lambda: losses.StructureLoss(factor=-1),
        lambda: losses.BoundaryLoss(alpha=2),
        lambda: losses.BoundaryLoss("dice"),
        lambda: losses.CompoundLoss(weights=[1]),
        lambda: losses.CompoundLoss(["dice"]),
        lambda: losses.CompoundLoss([]),
        lambda: losses.get("compound", losses="bce"),
    ],
)
def test_bad_arguments(make):
    with pytest.raises(ValueError, match="Received"):
        make()


def test_flatten_keeps_rows_together():
    values = np.arange(24).reshape(2, 3, 4, 1)
    np.testing.assert_array_equal(ops.convert_to_numpy(flatten_pixels(values))[1, :, 0], np.arange(12, 24))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("dice", {"smooth": "x"}),
        ("tversky", {"alpha": [0.2]}),
        ("focal", {"gamma": "2"}),
        ("compound", {"weights": 3}),
        ("dice", {"from_logits": "no"}),
        ("dice", {"include_background": "false"}),
        ("dice", {"ignore_value": "255"}),
    ],
)
def test_arguments_of_another_type_are_named(name, arguments):
    key, value = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=re.escape(f"{key}={value!r}")):
        losses.get(name, **arguments)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 5, 7)])
def test_negative_weights_are_refused_or_give_nan(shape):
    truth, prediction = random_maps()
    weights = np.ones(shape, "float32")
    weights[1] = -1
    for run in (losses.DiceLoss(), metrics.DiceScore().update_state):
        with pytest.raises(ValueError, match=r"no negative weights. Received: weights from -1"):
            run(truth, prediction, sample_weight=weights)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        assert np.isnan(tf.function(losses.DiceLoss(), jit_compile=True)(truth, prediction, tf.constant(weights)))
