"""Predictions of several classes, of logits, of several models; and what is no prediction."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from keras_rau import export, models, pretrained
from keras_rau.datasets import read_image, restore
from keras_rau.errors import ExportError, OutputError, RauError, UsageError
from keras_rau.export.refinement import Refinement
from keras_rau.outputs import Outputs

pytestmark = pytest.mark.export
NANO = pretrained.tflite_file("rau_net_nano")


def colours(activation, channels=3, size=24):
    """A model whose logits follow the colours of a pixel."""
    image = keras.Input((size, size, 3))
    layer = keras.layers.Conv2D(channels, 1, name="colours")
    logits = layer(keras.layers.Rescaling(1 / 32, -4.0)(image))
    layer.kernel.assign(np.eye(3, channels).reshape(1, 1, 3, channels))
    return keras.Model(image, keras.layers.Activation(activation)(logits) if activation else logits)


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)


@pytest.mark.parametrize("kind", ["lesion", "exclusive", "overlapping"])
def test_masks_and_probabilities_of_logits(kind, photo, tmp_path):
    names = ("lesion",) if kind == "lesion" else ("background", "nevus", "melanoma")
    outputs = Outputs(names, overlapping=kind == "overlapping", logits=True)
    path = tmp_path / "m.keras"
    colours(None, outputs.channels).save(path)
    predictor = export.Predictor(path, classes=outputs)
    logits = (photo[..., : outputs.channels] / 32 - 4.0).astype(np.float32)
    wanted = outputs.probabilities(logits)
    wanted = wanted[..., 0] if kind == "lesion" else wanted
    found = predictor.predict_proba(photo)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    mask = predictor.predict(photo)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, logits.argmax(-1) if kind == "exclusive" else logits.reshape(mask.shape) >= 0)
    if kind != "lesion":
        with pytest.raises(ExportError, match="does not say what its 3 channels are"):
            export.Predictor(path)
    else:
        with pytest.raises(ExportError, match="logits=True"):
            export.Predictor(path)
        np.testing.assert_array_equal(export.Predictor(path, logits=True).predict(photo), mask)


def test_overlapping_classes_are_not_whatever_is_no_background(photo, tmp_path):
    model = models.UNet(input_shape=(16, 16, 3), width=2, depth=1, classes=2, output_activation="sigmoid")
    model.get_layer("logits").kernel.assign(np.zeros(model.get_layer("logits").kernel.shape))
    model.get_layer("logits").bias.assign([-3.0, 3.0])
    model.save(tmp_path / "m.keras")
    mask = export.Predictor(tmp_path / "m.keras").predict(photo)
    assert mask.shape == (24, 24, 2)
    assert (mask == [0, 1]).all()


def test_each_class_is_cleaned_apart():
    one = np.zeros((8, 8), np.uint8)
    one[1:6, 1:6] = 1
    one[2:5, 2:5] = 0
    one[3, 3] = 2  # inside a hole of class 1
    one[0, 7] = 1  # a part of its own
    outputs = Outputs(("background", "nevus", "melanoma"))
    filled = Refinement(fill_holes=True, largest=True).clean_classes(one, outputs)
    wanted = np.zeros((8, 8), np.uint8)
    wanted[1:6, 1:6], wanted[3, 3] = 1, 2
    np.testing.assert_array_equal(filled, wanted)
    both = np.stack([one == 1, one == 2], -1).astype(np.uint8)
    overlapping = Refinement(largest=True).clean_classes(both, Outputs(("a", "b"), overlapping=True))
    assert overlapping.shape == both.shape
    assert overlapping[0, 7, 0] == 0
    np.testing.assert_array_equal(overlapping[..., 1], both[..., 1])


def test_files_arrays_and_batches_are_predicted_alike(photo, tmp_path):
    files = []
    for place, image in enumerate((photo, photo[:15])):
        files.append(tmp_path / f"{place}.png")
        Image.fromarray(image).save(files[-1])
    predictor = export.Predictor(str(NANO))
    wanted = [predictor.predict(read_image(file)) for file in files]
    np.testing.assert_array_equal(predictor.predict(files[0]), wanted[0])
    np.testing.assert_array_equal(predictor.predict(str(files[0])), wanted[0])
    for several in (files, [photo, str(files[1])], (read_image(file) for file in files)):
        found = predictor.predict(several)
        assert isinstance(found, list)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)
    stacked = predictor.predict(np.stack([photo] * 11))
    assert len(stacked) == 11
    np.testing.assert_array_equal(stacked[10], wanted[0])
    assert predictor.predict([]) == []
    assert predictor.predict_proba(iter(files))[1].shape == (15, 24)
    for wrong in ([[1, 2], [3, 4]], b"bytes", 3, np.zeros((2, 4, 4, 3))):
        with pytest.raises(TypeError, match="Received"):
            predictor.predict(wrong)
    with pytest.raises(RauError, match="does not exist"):
        predictor.predict(tmp_path / "none.png")


def test_several_models_are_averaged(photo, tmp_path):
    colours("sigmoid", 1).save(tmp_path / "a.keras")
    other = colours("sigmoid", 1, size=12)
    other.save(tmp_path / "b.keras")
    paths = [tmp_path / "a.keras", str(tmp_path / "b.keras"), NANO]
    together = export.Predictor(paths)
    alone = [export.Predictor(path) for path in paths]
    wanted = np.mean([one.predict_proba(photo) for one in alone], axis=0)
    np.testing.assert_allclose(together.predict_proba(photo), wanted, atol=1e-6)
    np.testing.assert_array_equal(together.predict(photo), wanted >= 0.5)
    np.testing.assert_array_equal(export.predict(photo, paths), wanted >= 0.5)
    export.write_sidecar(tmp_path / "b.keras", {"threshold": 0.3})
    with pytest.raises(UsageError, match=r"different thresholds, \[0.3, 0.5\]"):
        export.Predictor(paths)
    assert export.Predictor(paths, threshold=0.4).threshold == 0.4
    colours("softmax").save(tmp_path / "c.keras")
    with pytest.raises(UsageError, match=r"must have the same classes.*c.keras has background, class_1"):
        export.Predictor([NANO, tmp_path / "c.keras"])
    with pytest.raises(UsageError, match="needs a model"):
        export.Predictor([])
    with pytest.raises(UsageError, match="there is no threshold"):
        export.Predictor(tmp_path / "c.keras", threshold=0.4)


@pytest.mark.parametrize(("bias", "message"), [(np.nan, "NaN"), (3.0, "outside"), (-1.0, "outside")])
def test_an_output_that_is_no_probability_is_an_error_and_not_an_empty_mask(bias, message, photo, tmp_path):
    image = keras.Input((24, 24, 3))
    layer = keras.layers.Conv2D(1, 1)
    model = keras.Model(image, keras.layers.Identity()(layer(image)))
    layer.kernel.assign(np.zeros((1, 1, 3, 1)))
    layer.bias.assign([bias])
    model.save(tmp_path / "m.keras")
    with pytest.raises(OutputError, match=rf"m.keras is .*{message}"):
        export.Predictor(tmp_path / "m.keras", logits=False).predict(photo)
    for augment in ("flips", "dihedral"):
        with pytest.raises(OutputError):
            export.Predictor(tmp_path / "m.keras", logits=False, augment=augment).predict(photo)
    with pytest.raises(ExportError, match=message):
        export.tflite(model, tmp_path / "m.tflite", logits=False)
    assert not list(tmp_path.glob("*.tflite*"))


@pytest.mark.parametrize("threshold", [0, 1, 2, -1, "half", float("nan")])
def test_thresholds_are_refused_wherever_they_come_from(threshold, tmp_path):
    with pytest.raises(UsageError, match="above 0 and below 1"):
        export.Predictor(NANO, threshold=threshold)
    with pytest.raises(UsageError, match="above 0 and below 1"):
        export.write_sidecar(tmp_path / "m.keras", {"threshold": threshold})
    with pytest.raises(UsageError, match="above 0 and below 1"):
        export.saved_model(colours("sigmoid", 1), tmp_path / "saved", info={"threshold": threshold})
    (tmp_path / "m.tflite").write_bytes(NANO.read_bytes())
    (tmp_path / "m.tflite.json").write_text(json.dumps({"threshold": threshold}))
    with pytest.raises(ExportError, match=r"m.tflite.json: .threshold. must be .*Correct it there"):
        export.Predictor(tmp_path / "m.tflite")


def test_a_file_that_was_exchanged_or_changed_is_not_run(tmp_path):
    path = tmp_path / "m.tflite"
    content = NANO.read_bytes()
    path.write_bytes(content)
    sidecar = NANO.with_name(f"{NANO.name}.json").read_text()
    (tmp_path / "m.tflite.json").write_text(sidecar)
    export.Predictor(path)
    path.write_bytes(pretrained.tflite_file("rau_net_lite").read_bytes())
    with pytest.raises(ExportError, match=r"(?s)is not the model that .*m.tflite.json.*Fetch or export both again"):
        export.Predictor(path)
    path.write_bytes(content[:2000] + bytes([content[2000] ^ 1]) + content[2001:])
    with pytest.raises(ExportError, match="its SHA-256 is"):
        export.Predictor(path)
    stated = json.loads(sidecar)
    del stated["sha256"]
    path.write_bytes(content)
    (tmp_path / "m.tflite.json").write_text(json.dumps(stated))
    export.Predictor(path)


def test_probabilities_of_classes_are_restored_to_the_size_of_the_image(tmp_path):
    colours("softmax").save(tmp_path / "m.keras")
    image = np.random.default_rng(1).integers(0, 255, (40, 30, 3), np.uint8)
    predictor = export.Predictor(tmp_path / "m.keras", augment="flips")
    found = predictor.predict_proba(image)
    assert found.shape == (40, 30, 3)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    np.testing.assert_array_equal(predictor.predict(image), found.argmax(-1))
    assert restore(np.zeros((24, 24, 3), np.float32), (40, 30)).shape == (40, 30, 3)
