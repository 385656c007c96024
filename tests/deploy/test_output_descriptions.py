"""What the channels of a model's output mean, and what is refused because nobody says so."""

import keras
import numpy as np
import pytest

from keras_rau import models
from keras_rau.errors import ExportError, OutputError, UsageError
from keras_rau.export import outputs_of
from keras_rau.export.probabilities import probabilities_of
from keras_rau.keras_internals import last_activation
from keras_rau.outputs import Outputs, check_threshold


def foreign(channels, activation, *after):
    """A model of somebody else."""
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(channels, 1, activation=activation)(image)
    for layer in after:
        x = layer(x)
    return keras.Model(image, x)


def test_our_models_tell_their_classes_and_sidecars_their_names():
    overlapping = models.UNet(input_shape=(16, 16, 3), width=2, depth=1, classes=3, output_activation="sigmoid")
    assert outputs_of(overlapping) == Outputs(("class_1", "class_2", "class_3"), overlapping=True)
    logits = models.UNet(input_shape=(16, 16, 3), width=2, depth=1, output_activation=None)
    assert outputs_of(logits) == Outputs(logits=True)
    named = {"classes": Outputs(("a", "b", "c"), overlapping=True).to_config()}
    assert outputs_of(overlapping, named).names == ("a", "b", "c")
    assert outputs_of(named, channels=3).overlapping
    with pytest.raises(ExportError, match="belongs to another model"):
        outputs_of(overlapping, {"classes": Outputs(("a", "b", "c")).to_config()})
    with pytest.raises(ExportError, match="has 2 channels, but its description names 3"):
        outputs_of(named, channels=2)
    with pytest.raises(ExportError, match="not a description of classes"):
        outputs_of({"classes": {"names": []}}, channels=3)
    with pytest.raises(UsageError, match="gives logits"):
        outputs_of(logits, logits=False)
    assert outputs_of(overlapping, classes=["x", "y", "z"]).names == ("x", "y", "z")
    with pytest.raises(UsageError, match="has 3 channels"):
        outputs_of(overlapping, classes=["x", "y"])


@pytest.mark.parametrize(
    ("channels", "activation", "after", "found"),
    [
        (1, "sigmoid", (), "sigmoid"),
        (3, "softmax", (keras.layers.UpSampling2D(2, interpolation="bilinear"),), "softmax"),
        (3, None, (keras.layers.Softmax(),), "softmax"),
        (3, None, (keras.layers.Softmax(axis=1),), None),
        (1, None, (keras.layers.Activation("sigmoid"),), "sigmoid"),
        (1, None, (keras.ops.sigmoid,), "sigmoid"),
        (1, None, (), "linear"),
        (1, "relu", (), None),
        (1, None, (keras.layers.BatchNormalization(),), None),
    ],
)
def test_the_last_activation_of_foreign_models(channels, activation, after, found):
    model = foreign(channels, activation, *after)
    assert last_activation(model) == found
    inside = keras.Sequential([keras.Input((8, 8, 3)), model])
    assert last_activation(inside) == found


def test_foreign_models_that_do_not_tell_are_refused():
    assert outputs_of(foreign(1, "sigmoid")) == Outputs()
    assert outputs_of(foreign(2, "softmax"), classes=["skin", "lesion"]).names == ("skin", "lesion")
    assert outputs_of(foreign(2, "sigmoid")).overlapping
    assert outputs_of(foreign(1, "relu")) == Outputs()
    assert outputs_of({}, channels=1) == Outputs()
    with pytest.raises(ExportError, match="logits=True"):
        outputs_of(foreign(1, None))
    assert outputs_of(foreign(1, None), logits=True).logits
    assert not outputs_of(foreign(1, None), logits=False).logits
    with pytest.raises(ExportError, match="1 everywhere"):
        outputs_of(foreign(1, "softmax"))
    with pytest.raises(UsageError, match="last activation"):
        outputs_of(foreign(1, "sigmoid"), logits=True)
    for source, channels in ((foreign(3, None), None), ({}, 3)):
        with pytest.raises(ExportError, match=r"does not say what its 3 channels are.*overlapping=True"):
            outputs_of(source, channels=channels, classes=["a", "b", "c"], logits=True)
        given = Outputs(("a", "b", "c"), overlapping=True, logits=True)
        assert outputs_of(source, channels=channels, classes=given) == given
        with pytest.raises(UsageError, match="has 3 channels"):
            outputs_of(source, channels=channels, classes=Outputs(("a", "b")))
    image = keras.Input((8, 8, 3))
    with pytest.raises(ExportError, match="must have one output"):
        outputs_of(keras.Model(image, [image, image]))


def test_probabilities_or_an_error_that_names_the_image():
    good = np.full((2, 4, 4, 1), 0.5, np.float32)
    assert probabilities_of(good, Outputs()) is not None
    np.testing.assert_array_equal(probabilities_of(good, Outputs()), good)
    for value, message in [(np.nan, "NaN"), (np.inf, "NaN or infinite"), (1.2, "say logits=True"), (-0.1, "outside")]:
        bad = good.copy()
        bad[1, 2, 3] = value
        with pytest.raises(OutputError, match=rf"(?s)for image 2 of 2 is .*{message}"):
            probabilities_of(bad, Outputs())
    with pytest.raises(OutputError, match="NaN"):
        probabilities_of(np.full((1, 2, 2, 1), np.nan), Outputs(logits=True))
    with pytest.raises(OutputError, match=r"sums differ from 1.*overlapping=True"):
        probabilities_of(np.full((1, 2, 2, 3), 0.5), Outputs(("a", "b", "c")))
    with pytest.raises(ExportError, match="one channel for each"):
        probabilities_of(np.full((1, 2, 2, 3), 0.5), Outputs())
    large = probabilities_of(np.array([[[[900.0, -900.0, 0.0]]]]), Outputs(("a", "b", "c"), logits=True))
    np.testing.assert_allclose(large[0, 0, 0], [1, 0, 0])


@pytest.mark.parametrize("threshold", [0, 1, 0.0, 1.0, -0.5, 2, float("nan"), float("inf"), True, "0.5", None])
def test_thresholds_that_cut_nothing_or_everything(threshold):
    with pytest.raises(UsageError, match="above 0 and below 1"):
        check_threshold(threshold)
    with pytest.raises(UsageError, match="above 0 and below 1"):
        Outputs().decide(np.zeros((2, 2)), threshold)


def test_probabilities_that_are_said_to_be_logits_are_refused():
    shares = np.full((1, 4, 4, 3), 1 / 3, np.float32)
    outputs = Outputs(("background", "a", "b"), logits=True)
    with pytest.raises(OutputError, match="says that it gives logits, but its output is probabilities already"):
        probabilities_of(shares, outputs)
    np.testing.assert_allclose(probabilities_of(np.zeros((1, 4, 4, 3), np.float32), outputs), shares, rtol=1e-6)
