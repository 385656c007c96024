"""What losses do with values that no loss knows, in masks and in predictions, eagerly and compiled."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses
from tests.losses.cases import CASES, again, random_maps, value_and_gradient, with_distance

NAN = float("nan")
EAGER = [name for name in losses.names() if name != "boundary"]
DISC = np.zeros((1, 12, 12, 1), "float32")
DISC[:, 3:8, 3:8] = 1


def _maps(name):
    """A mask and a prediction that the loss of this name takes."""
    if name == "cce":
        return np.zeros((1, 12, 12), "float32"), np.full((1, 12, 12, 3), 1 / 3, "float32")
    return DISC, np.full_like(DISC, 0.4)


def _compiled(function, *arguments):
    """The result where nothing can be raised (XLA), of a backend that has it."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)(*arguments)
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)(*arguments)
    return pytest.skip("PyTorch computes eagerly")


@pytest.mark.parametrize("name", EAGER)
@pytest.mark.parametrize("value", [-1, 2, 255, 0.5 + 2, NAN, float("inf"), -float("inf")])
def test_values_that_are_no_labels_are_refused(name, value):
    truth, prediction = _maps(name)
    truth = truth.copy()
    truth[0, 5, 5] = 7 if name == "cce" and value == 2 else value
    with pytest.raises(ValueError, match=r"`y_true` must hold .* Received: "):
        losses.get(name)(truth, prediction)


@pytest.mark.parametrize(
    ("values", "classes", "remedy"),
    [
        ([0, 255], 1, "the values 0, 255. Divide the mask by 255; or pass ignore_value=255"),
        ([0, 1, 255], 1, "the values 0, 1, 255. Pass ignore_value=255"),
        ([0, 128, 254], 1, "Grey values of 8 bits: divide by 255"),
        ([1, 2], 1, "labels seem to count from 1: subtract 1"),
        ([-1, 1], 1, r"take `\(mask \+ 1\) / 2`"),
        ([0, 100], 1, "take `mask > 0`"),
        ([0, 1, 2, 3], 1, "These look like class numbers: take the mask of one class"),
        ([0, 1, NAN], 1, "the values 0, 1, nan. Leave pixels without a label out: ignore_value=float"),
        ([1, 2, 3], 3, "Classes count from 0: subtract 1"),
        ([0, 1, 2, 255], 3, "Pass ignore_value=255 if 255 means void"),
        ([0, 1, 5], 3, "Build the model with 6 channels"),
        ([0, 1.5], 3, "Class numbers are whole"),
        (np.arange(30), 1, "30 different values from 0 to 29, such as 0, 1, 2, 3, 4, 5"),
    ],
)
def test_the_error_names_the_values_and_the_remedy(values, classes, remedy):
    truth = np.array(values, "float32").reshape(1, 1, -1)
    prediction = np.full((*truth.shape, classes), 1 / (classes + 1), "float32")
    with pytest.raises(ValueError, match=remedy):
        losses.DiceLoss()(truth, prediction)


@pytest.mark.parametrize("name", EAGER)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64"])
def test_one_hot_masks_are_refused_where_there_is_one_channel(name, dtype):
    for channels in (2, 3):
        one_hot = np.eye(channels)[DISC[..., 0].astype(int)].astype(dtype)
        with pytest.raises(ValueError, match="Received: y_true of shape"):
            losses.get(name)(one_hot, np.full_like(DISC, 0.5))


def test_a_distance_map_is_told_from_one_hot_masks():
    for loss in (losses.BoundaryLoss(), losses.CompoundLoss([losses.DiceLoss(), losses.BoundaryLoss()])):
        for one_hot in ([1 - DISC, DISC], [DISC, 1 - DISC]):
            with pytest.raises(ValueError, match="signed distances"):
                loss(np.concatenate(one_hot, axis=-1), np.full_like(DISC, 0.5))
        full = np.concatenate([np.ones_like(DISC), np.zeros_like(DISC)], axis=-1)
        for truth in (with_distance(loss, DISC), full):
            assert np.isfinite(float(loss(truth, np.full_like(DISC, 0.5))))


def test_labels_of_exclusive_classes_sum_to_one():
    rng = np.random.default_rng(0)
    soft = rng.random((2, 4, 4, 3)).astype("float32")
    prediction = np.full((2, 4, 4, 3), 1 / 3, "float32")
    cce, overlapping = losses.CategoricalCrossentropy(), losses.DiceLoss(from_logits=True, activation="sigmoid")
    with pytest.raises(ValueError, match=r"sum to 1 in every pixel. Received: labels that sum to"):
        cce(soft, prediction)
    assert np.isfinite(float(cce(soft / soft.sum(axis=-1, keepdims=True), prediction)))
    assert np.isfinite(float(overlapping(soft, prediction)))
    with pytest.raises(ValueError, match="may overlap, which need a mask each: pass 3 channels"):
        overlapping(np.zeros((2, 4, 4)), prediction)
    with pytest.raises(ValueError, match="would leave out every pixel of one-hot masks"):
        losses.DiceLoss(ignore_value=0)(np.eye(3)[np.zeros((2, 4, 4), int)], prediction)


def test_logits_are_not_taken_for_probabilities():
    with pytest.raises(ValueError, match=r"values from -3 to 5. Pass from_logits=True"):
        losses.DiceLoss()(DISC, np.where(DISC > 0, 5, -3).astype("float32"))


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_count_may_be_anything(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    # Skin, because the border weights of the structure loss look past the pixels that count.
    truth[:, :, 4:] = 0
    full, weights = with_distance(loss, truth), np.ones((3, 5, 7), "float32")
    weights[:, :, 4:] = 0
    wanted, slope = value_and_gradient(loss, full[:, :, :4], prediction[:, :, :4])
    for value in (NAN, 255.0, -float("inf")):
        marked, wild = full.copy(), prediction.copy()
        marked[:, :, 4:], wild[:, :, 4:] = 255, value
        found, gradient = value_and_gradient(again(loss, ignore_value=255), marked, wild)
        assert found == pytest.approx(wanted, abs=1e-6)
        np.testing.assert_allclose(gradient[:, :, :4], slope, atol=1e-6)
        assert (gradient[:, :, 4:] == 0).all()
        marked[:, :, 4:] = value
        assert float(loss(marked, wild, sample_weight=weights)) == pytest.approx(wanted, abs=1e-6)
        marked, wild = full.copy(), prediction.copy()
        marked[1], wild[1] = value, value
        expected = float(loss(full, prediction, sample_weight=np.float32([1, 0, 2])))
        assert float(loss(marked, wild, sample_weight=np.float32([1, 0, 2]))) == pytest.approx(expected, abs=1e-6)
    marked = full.copy()
    marked[:, :, 4:] = NAN
    assert float(again(loss, ignore_value=NAN)(marked, prediction)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_a_nan_in_the_prediction_gives_nan(name):
    loss, (truth, prediction) = CASES[name], random_maps()
    prediction[1, 2, 3] = NAN
    for average in ("image", "batch"):
        for from_logits in (False, True):
            one = again(loss, average=average, from_logits=from_logits)
            assert np.isnan(float(one(with_distance(loss, truth), prediction)))
    each = ops.convert_to_numpy(again(loss, reduction=None)(with_distance(loss, truth), prediction))
    assert list(np.isnan(each)) == [False, True, False]


def test_compiled_without_errors_the_loss_of_a_faulty_mask_is_nan():
    names = [name for name in EAGER if name != "cce"]

    def values(truth, prediction):
        return [losses.get(name)(truth, prediction) for name in names]

    for fault, prediction in ((255 * DISC, 0.5), (-DISC, 0.5), (np.where(DISC > 0, NAN, 0), 0.5), (DISC, 3.0)):
        found = _compiled(values, ops.convert_to_tensor(fault, "float32"), ops.full(DISC.shape, prediction))
        assert np.isnan([float(value) for value in found]).all()


def test_compiled_for_several_classes():
    def values(truth, prediction):
        return [losses.get(name)(truth, prediction) for name in ("cce", "dice", "lovasz")]

    prediction = ops.full((1, 12, 12, 3), 1 / 3)
    for fault in (DISC + 2, 0.5 * DISC, np.eye(3)[np.zeros((1, 12, 12), int)] * 255):
        found = _compiled(values, ops.convert_to_tensor(fault, "float32"), prediction)
        assert np.isnan([float(value) for value in found]).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's graphs")
@pytest.mark.parametrize(
    ("loss", "truth", "prediction", "line"),
    [
        (losses.DiceLoss(), 255 * DISC, np.full_like(DISC, 0.5), "pass ignore_value=255 .*255"),
        (losses.DiceLoss(), DISC, np.full_like(DISC, 5), "Pass from_logits=True"),
        (losses.CategoricalCrossentropy(), DISC + 2, np.full((1, 12, 12, 3), 0.3), "class numbers 0 to 2"),
        (losses.BoundaryLoss(), np.concatenate([1 - DISC, DISC], -1), np.full_like(DISC, 0.5), "signed distances"),
    ],
)
def test_a_graph_fails_with_our_sentence(loss, truth, prediction, line):
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match=line):
        tf.function(loss)(tf.constant(truth, "float32"), tf.constant(prediction, "float32"))
