"""Learning from another model besides the masks."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, metrics, models


def _images():
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    return images, (random.random((2, 32, 32, 1)) > 0.5).astype("float32")


def _model(deep_supervision=False):
    return models.RAUNet(input_shape=(32, 32, 3), width=4, depth=2, deep_supervision=deep_supervision)


def _number(value):
    return float(ops.convert_to_numpy(value))


@pytest.mark.parametrize("deep_supervision", [False, True])
def test_the_target_is_the_mixture(deep_supervision):
    images, masks = _images()
    student, teacher = _model(deep_supervision), _model()
    mixed = 0.75 * masks + 0.25 * teacher.predict(images, verbose=0)
    student.compile(loss=losses.BinaryCrossentropy(), metrics=[metrics.DiceScore()])
    maps = student(images, training=True)
    wanted = student.compute_loss(images, mixed, maps)
    student.distill(teacher, weight=0.25)
    assert _number(student.compute_loss(images, masks, maps)) == pytest.approx(_number(wanted), rel=1e-6)
    # Validation keeps the masks.
    found = student.compute_loss(images, masks, student(images), training=False)
    plain = losses.BinaryCrossentropy()(masks, student(images))
    assert _number(found) == pytest.approx(_number(plain), rel=1e-6)
    student.distill(None)
    assert abs(_number(student.compute_loss(images, masks, maps)) - _number(wanted)) > 1e-4


@pytest.mark.slow
def test_the_teacher_is_neither_trained_nor_saved(tmp_path):
    images, masks = _images()
    student, teacher = _model(True), _model()
    before = [weight.copy() for weight in teacher.get_weights()]
    count = len(student.weights)
    student.distill(teacher, weight=1)
    student.compile(keras.optimizers.Adam(0.01), losses.CompoundLoss(), metrics=[metrics.DiceScore()])
    first = student.fit(images, masks, epochs=3, verbose=0).history["loss"]
    assert first[-1] < first[0]
    for one, other in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(student.weights) == count
    student.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.predict(images, verbose=0), student.predict(images, verbose=0), atol=1e-6)


def test_several_classes():
    with pytest.raises(ValueError, match="Only a model of one class"):
        models.UNet(input_shape=(32, 32, 3), width=4, depth=2, classes=3).distill(_model())
    with pytest.raises(ValueError, match="gives one map of one class"):
        _model().distill(models.UNet(input_shape=(32, 32, 3), width=4, depth=2, classes=3))
    with pytest.raises(ValueError, match="weight=0"):
        _model().distill(_model(), weight=0)


def test_a_teacher_of_logits_teaches_probabilities():
    logits, probabilities = (
        models.UNet(input_shape=(32, 32, 3), width=2, depth=2, output_activation=activation)
        for activation in (None, "sigmoid")
    )
    probabilities.set_weights(logits.get_weights())
    images, masks = np.ones((1, 32, 32, 3), "float32"), np.zeros((1, 32, 32, 1), "float32")
    one, other = (models.teacher.Teacher(each, 1.0).soften(images, masks) for each in (logits, probabilities))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([keras.layers.Conv2D(1, 1)], "not known before it is called"),
        ([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1)], "no activation, so that it may give logits"),
        ([keras.Input((8, 8, 3)), keras.layers.Flatten()], "gives one map of one class"),
        ([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1, activation="softmax")], "gives one map of one class"),
    ],
)
def test_other_models_that_cannot_teach_are_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        _model().distill(keras.Sequential(layers))
