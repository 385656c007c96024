"""Exports of several classes and of logits, in every format and precision."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_rau import datasets, export, models
from keras_rau.datasets import draw_phantom
from keras_rau.datasets.classes.reading import read_sample
from keras_rau.errors import ExportError, UsageError
from keras_rau.evaluation.class_scores import mask_scores
from keras_rau.export.class_colours import class_colours, coloured
from keras_rau.export.parity import Limits, compare
from keras_rau.export.report import draw_differences, markdown
from keras_rau.outputs import Outputs

pytestmark = pytest.mark.export
SIZE = 32


def made(activation, classes=3, names=None):
    """A tiny network of ours that finds each of its classes in phantoms: those of brightness, and the rest."""
    keras.utils.set_random_seed(0)
    model = models.UNet(
        input_shape=(SIZE, SIZE, 3), width=4, depth=1, classes=classes, class_names=names, output_activation=activation
    )
    images = np.stack(drawn(8)).astype("float32")
    bins = np.digitize(images.mean(-1), np.linspace(90, 180, max(classes - 1, 1)))
    target = keras.ops.one_hot(bins, classes) if classes > 1 else (bins == 0)[..., None].astype("float32")
    logits = activation is None
    one = keras.losses.CategoricalCrossentropy if activation == "softmax" else keras.losses.BinaryCrossentropy
    model.compile(keras.optimizers.Adam(0.03), one(from_logits=logits))
    model.fit(images, target, epochs=30, verbose=0)
    return model


def drawn(count):
    return [draw_phantom(3, index, SIZE)[0] for index in range(count)]


@pytest.fixture(scope="module")
def exclusive():
    return made("softmax", names=("background", "nevus", "melanoma"))


def agree(path, model, outputs, atol, share):
    """The file gives probabilities near those of the model, and mostly its masks."""
    images = drawn(12)[8:]
    wanted = outputs.probabilities(model.predict(np.stack(images).astype("float32"), verbose=0))
    predictor = export.Predictor(path)
    assert predictor.outputs.logits is False
    for image, maps in zip(images, wanted, strict=True):
        found = predictor.predict_proba(image)
        maps = maps[..., 0] if outputs.kind == "lesion" else maps
        np.testing.assert_allclose(found, maps, atol=atol)
        assert np.mean(predictor.predict(image) != outputs.decide(maps)) <= share
    return predictor


@pytest.mark.parametrize(
    ("precision", "integer_only"),
    [
        ("int8", False),
        *(
            pytest.param(*one, marks=(pytest.mark.slow, pytest.mark.matrix))
            for one in (("float32", False), ("float16", False), ("dynamic", False), ("int8", True))
        ),
    ],
)
def test_tflite_of_exclusive_classes_in_every_precision(exclusive, precision, integer_only, tmp_path):
    path = tmp_path / "m.tflite"
    given = drawn(8) if precision == "int8" else None
    report = export.tflite(
        exclusive, path, precision, calibration=given, integer_only=integer_only, verify=drawn(8), limits=Limits()
    )
    assert [one.name for one in report.classes] == ["nevus", "melanoma"]
    assert min(one.pixels for one in report.classes) > 50
    assert min(one.dice for one in report.classes) > 0.9
    assert report.max_abs == pytest.approx(max(one.max_abs for one in report.classes), abs=0.1)
    outputs = Outputs(("background", "nevus", "melanoma"))
    predictor = agree(path, exclusive, outputs, {"float32": 1e-4}.get(precision, 0.3), 0.05)
    assert predictor.outputs == outputs
    with zipfile.ZipFile(path) as archive:
        inside = json.loads(archive.read("model.json"))
    for info in (inside, export.read_sidecar(path)):
        assert info["labels"] == ["background", "nevus", "melanoma"]
        assert info["classes"] == outputs.to_config()
        assert "sum to 1" in info["output"]["meaning"]
    if precision == "int8":
        scale, zero = predictor.backend.output["quantization"]
        assert (scale, zero) == (pytest.approx(1 / 256), 0)


@pytest.mark.parametrize(
    "precision", ["float32", *(pytest.param(one, marks=pytest.mark.slow) for one in ("float16", "dynamic", "int8"))]
)
def test_tflite_of_overlapping_classes_from_logits(precision, tmp_path):
    image = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(keras.layers.Rescaling(1 / 64, -2.0)(image))
    model = keras.Model(image, keras.layers.Conv2D(2, 1)(x))
    outputs = Outputs(("network", "globules"), overlapping=True, logits=True)
    given = drawn(8) if precision == "int8" else None
    with pytest.raises(ExportError, match="does not say what its 2 channels are"):
        export.tflite(model, tmp_path / "m.tflite", precision, calibration=given)
    export.tflite(model, tmp_path / "m.tflite", precision, calibration=given, classes=outputs, limits=Limits())
    agree(tmp_path / "m.tflite", model, outputs, {"float32": 1e-4}.get(precision, 0.1), 0.1)
    assert export.read_sidecar(tmp_path / "m.tflite")["labels"] == ["network", "globules"]


def test_logits_become_probabilities_in_every_signature(tmp_path):
    model = models.UNet(input_shape=(SIZE, SIZE, 3), width=2, depth=1, output_activation=None)
    head = model.get_layer("logits")
    head.kernel.assign(np.zeros(head.kernel.shape))
    head.bias.assign([-4.0])
    head.bias.assign([0.3])  # probability 0.574: lesion, though 0.3 is below 0.5
    export.saved_model(model, tmp_path / "saved", verify=drawn(2))
    photo = drawn(1)[0]
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG")
    signatures = tf.saved_model.load(str(tmp_path / "saved")).signatures
    served = signatures["serving_bytes"](image_bytes=tf.constant([file.getvalue()]))
    maps = [
        served["mask"],
        signatures["serving_default"](image=tf.constant(photo[None], tf.float32))["mask"],
        signatures["serving_uint8"](image=tf.constant(photo[None]))["mask"],
        export.Predictor(tmp_path / "saved").predict_proba(photo),
    ]
    for one in maps:
        np.testing.assert_allclose(one, 0.5744425, atol=1e-5)
    assert (np.asarray(Image.open(io.BytesIO(served["mask_bytes"].numpy()[0]))) == 255).all()
    assert export.Predictor(tmp_path / "saved").predict(photo).all()
    # What is there now is not what was exported.
    variables = next((tmp_path / "saved" / "variables").glob("*.data*"))
    content = variables.read_bytes()
    variables.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ExportError, match="is not the model that"):
        export.Predictor(tmp_path / "saved")


def test_exports_need_tensorflow_and_say_so_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    (tmp_path / "m.keras").write_bytes(b"")
    calls = [
        lambda: export.saved_model(None, tmp_path / "out"),
        lambda: export.tflite(None, tmp_path / "m.tflite"),
        lambda: export.from_file(str(tmp_path / "m.keras"), "tflite", tmp_path / "m.tflite"),
        lambda: export.export_all(str(tmp_path / "m.keras"), tmp_path / "out"),
    ]
    for call in calls:
        with pytest.raises(ExportError, match="KERAS_BACKEND=tensorflow") as found:
            call()
        assert "\n" not in str(found.value)


def test_parity_is_told_by_class_and_one_bad_class_is_not_hidden_by_the_others(tmp_path):
    outputs = Outputs(("background", "large", "small"))
    wanted, found = (np.zeros((1, 20, 20, 3), np.float32) for _ in range(2))
    for maps in (wanted, found):
        maps[..., 1] = 1
    wanted[0, :3, :3], found[0, :3, :2] = (0, 0, 1), (0, 0, 1)
    images = [np.zeros((20, 20, 3), np.uint8)]
    limits = Limits(dice_mean=0.98, class_dice=0.95)
    report = compare(lambda _: wanted, lambda _: found, images, "squares", limits, outputs)
    large, small = report.classes
    assert (large.name, small.name, small.pixels, small.max_abs) == ("large", "small", 9, 1.0)
    assert small.dice == pytest.approx(2 * 6 / 15)
    assert report.dice_mean > 0.98
    assert not report.passed
    assert "Dice of small (pixels) | 0.8000 (9)" in markdown({"m": report})
    assert json.dumps(report.as_dict())
    draw_differences(tmp_path / "p.png", report, lambda _: wanted, lambda _: found, images, outputs)
    picture = np.asarray(Image.open(tmp_path / "p.png"))
    assert (picture == (220, 40, 40)).all(-1).sum() == 3
    assert (picture == class_colours(outputs)["small"]).all(-1).sum() == 15


def test_colours_are_distinct_and_overlaps_are_mixed():
    outputs = Outputs(tuple(f"c{number}" for number in range(20)), overlapping=True)
    assert len(set(class_colours(outputs).values())) == 20
    two = Outputs(("a", "b"), overlapping=True)
    one, other = class_colours(two).values()
    mask = np.array([[[0, 0], [1, 0], [0, 1], [1, 1]]], np.uint8)
    mixed = tuple((value + two) // 2 for value, two in zip(one, other, strict=True))
    np.testing.assert_array_equal(coloured(mask, two), [[(0, 0, 0), one, other, mixed]])


def test_masks_of_several_classes_judge_an_export(tmp_path):
    samples = datasets.load("phantom", tmp_path / "three", n=4, size=40, classes=3)
    model = made("softmax", names=("background", "lesion", "globules"))
    path = tmp_path / "m.tflite"
    report = export.tflite(model, path, samples=samples, limits=Limits())
    predictor, found = export.Predictor(path), []
    for sample in samples:
        image, truth = read_sample(sample)
        found.append(mask_scores(truth, predictor.predict(image), predictor.outputs))
    for name in ("lesion", "globules"):
        expected = np.mean([one[f"dice_{name}"] for one in found])
        assert report.truth.classes[name][1] == pytest.approx(expected, abs=2e-3)
    assert report.truth.exported == pytest.approx(np.mean([one["dice"] for one in found]), abs=2e-3)
    assert "globules, before and after" in markdown({"m.tflite": report})
    with pytest.raises(UsageError, match=r"(?s)gives 3 exclusive classes .* has masks of one lesion class"):
        export.tflite(
            model,
            tmp_path / "n.tflite",
            samples=datasets.load("phantom", tmp_path / "one", n=2, size=40),
            limits=Limits(),
        )
