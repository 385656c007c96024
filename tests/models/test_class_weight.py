"""`class_weight` of fit: a weight of every pixel by its class, whatever the data are, or a clear refusal."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_rau import losses, models

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (2, 16, 16, 3)).astype("float32")


def _model(eager=True, **arguments):
    model = models.UNet(input_shape=(16, 16, 3), width=2, depth=2, **arguments)
    # Without a learning rate the loss of a step is that of the weights that are there.
    model.compile(keras.optimizers.SGD(0.0), loss=losses.BinaryCrossentropy(), run_eagerly=eager)
    return model


def _loss(model, *data, **options):
    return model.fit(*data, shuffle=False, verbose=0, **options).history["loss"][0]


def _expected(model, masks, weights):
    return _value(model.loss(masks, model(IMAGES, training=True), sample_weight=weights))


def _value(tensor):
    return float(ops.convert_to_numpy(tensor))


def _dataset(masks):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensors((IMAGES, masks))


@pytest.mark.parametrize("form", ["arrays", "dataset", "one-hot", "side outputs", "train_on_batch"])
def test_class_weights_are_weights_of_pixels(form):
    numbers = RNG.integers(0, 3, (2, 16, 16, 1)).astype("float32")
    table = {0: 0.5, 1: 2.0, 2: 7.0}
    weights = np.vectorize(table.get)(numbers[..., 0]).astype("float32")
    if form == "side outputs":
        lesion = (numbers > 0).astype("float32")
        model = _model(deep_supervision=True, side_weights=0.0)
        found = _loss(model, IMAGES, lesion, class_weight={0: 1.0, 1: 4.0})
        probability = model(IMAGES, training=True)["mask"]
        assert found == pytest.approx(_value(model.loss(lesion, probability, sample_weight=1 + 3 * lesion)), rel=1e-5)
        return
    model = _model(classes=3)
    masks = (numbers == np.arange(3)).astype("float32") if form == "one-hot" else numbers
    expected = _expected(model, numbers, weights)
    if form == "train_on_batch":
        found = model.train_on_batch(IMAGES, masks, class_weight=table)
    else:
        data = [_dataset(masks)] if form == "dataset" else [IMAGES, masks]
        found = _loss(model, *data, class_weight=table)
    assert np.ravel(found)[0] == pytest.approx(expected, rel=1e-5)
    # They last for this call alone.
    assert _loss(model, IMAGES, masks) == pytest.approx(_expected(model, numbers, None), rel=1e-5)


@pytest.mark.slow
def test_a_compiled_step_follows_other_weights():
    masks = RNG.integers(0, 2, (2, 16, 16, 1)).astype("float32")
    model = _model(eager=False)
    for weight in (1.0, 5.0):
        expected = _expected(model, masks, 1 + (weight - 1) * masks[..., 0])
        assert _loss(model, IMAGES, masks, class_weight={0: 1, 1: weight}) == pytest.approx(expected, rel=1e-4)


def test_what_weighs_no_class_is_refused():
    masks = RNG.integers(0, 2, (2, 16, 16, 1)).astype("float32")
    model = _model()
    for wrong in ({1: 2.0}, {0: 1, 1: 1, 2: 1}, {0: 1, 1: -1}, {0: 1, 1: float("nan")}, [1.0, 2.0], {"0": 1, "1": 2}):
        with pytest.raises(ValueError, match=r"a finite number from 0 for each of 0 \(background\), 1 \(lesion\)"):
            model.fit(IMAGES, masks, class_weight=wrong, verbose=0)
    with pytest.raises(ValueError, match="cannot be used together"):
        model.fit(IMAGES, masks, sample_weight=np.ones(2), class_weight={0: 1, 1: 2}, verbose=0)
    assert model.class_weight is None
    overlapping = _model(classes=2, output_activation="sigmoid")
    with pytest.raises(ValueError, match="may overlap"):
        overlapping.fit(IMAGES, np.repeat(masks, 2, -1), class_weight={0: 1, 1: 2}, verbose=0)


def test_one_hot_masks_of_two_classes_are_no_distances():
    numbers = RNG.integers(0, 2, (2, 16, 16, 1)).astype("float32")
    model = _model(classes=2)
    expected = _expected(model, numbers, 1 + 3 * numbers[..., 0])
    for masks in (numbers, (numbers == np.arange(2)).astype("float32")):
        assert _loss(model, IMAGES, masks, class_weight={0: 1.0, 1: 4.0}) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("classes", "found", "table"),
    [(1, 2, {0: 2.0, 1: 1.0}), (3, 7, {0: 1.0, 1: 1.0, 2: 0.0}), (3, 2.5, {0: 1.0, 1: 1.0, 2: 0.0})],
)
def test_no_weight_hides_what_is_no_label(classes, found, table):
    masks = np.zeros((2, 16, 16, 1), "float32")
    masks[:, 4:9] = found
    with pytest.raises(ValueError, match=f"Received: the values 0, {found}"):
        _loss(_model(classes=classes), IMAGES, masks, class_weight=table)
