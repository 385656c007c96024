"""TFLite files of eight bits, and the images that their ranges are measured on."""

import zipfile

import cv2
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from keras_rau import export
from keras_rau.datasets import draw_phantom
from keras_rau.errors import ExportError
from keras_rau.export.quantisation.calibration import calibration_images
from keras_rau.models import from_preset

SIZE = 96


@pytest.fixture(scope="module")
def model():
    return from_preset("rau_net_nano", input_shape=(SIZE, SIZE, 3))


@pytest.fixture(scope="module")
def drawn():
    return [draw_phantom(3, index, SIZE)[0] for index in range(40)]


@pytest.fixture
def folder(tmp_path, drawn):
    """Images, and masks lying among them."""
    place = tmp_path / "photos"
    place.mkdir()
    for index in range(12):
        image, mask = draw_phantom(5, index, 80)
        cv2.imwrite(str(place / f"photo_{index:02}.png"), image[..., ::-1])
        cv2.imwrite(str(place / f"photo_{index:02}_mask.png"), 255 * (mask > 0).astype(np.uint8))
    return place


@pytest.mark.parametrize(("precision", "share"), [("dynamic", 0.6), ("int8", 0.55)])
def test_masks_stay_and_files_shrink(tmp_path, model, drawn, precision, share):
    whole, small = tmp_path / "whole.tflite", tmp_path / "small.tflite"
    export.tflite(model, whole)
    images = None if precision == "dynamic" else drawn
    # At less than half of the size that it was trained at, the model itself is unsure of small lesions.
    limits = export.Limits(dice_mean=0.98, dice_min=0.85)
    report = export.tflite(model, small, precision, verify=drawn[:16], calibration=images, limits=limits)
    assert report.passed
    assert small.stat().st_size < share * whole.stat().st_size
    assert export.read_sidecar(small)["precision"] == precision
    one, other = (export.Predictor(path).predict(drawn[20]) for path in (whole, small))
    assert 2 * (one & other).sum() / (one.sum() + other.sum()) > 0.95


def test_int8_takes_pixels_and_gives_probabilities_in_steps_of_256(tmp_path, model, drawn):
    path = tmp_path / "int8.tflite"
    # Grey images: the ends of the range come from us.
    grey = [image // 4 + 90 for image in drawn]
    export.tflite(model, path, "int8", calibration=grey, limits=export.Limits())
    signature = Interpreter(model_path=str(path)).get_signature_runner("serving_default")
    for detail, scale in (
        (signature.get_input_details()["image"], 1),
        (signature.get_output_details()["mask"], 1 / 256),
    ):
        assert detail["dtype"] == np.uint8
        assert detail["quantization"] == (pytest.approx(scale, rel=1e-6), 0)
    assert not any(name.startswith("custom:") for name in export.operators(path.read_bytes()))
    found = export.Predictor(path).predict_proba(drawn[0])
    np.testing.assert_allclose(found * 256, np.rint(found * 256), atol=1e-4)


@pytest.mark.slow
def test_fine_maps_stay_floats_unless_integers_alone_are_asked_for(tmp_path, model, drawn):
    mixed, whole = tmp_path / "mixed.tflite", tmp_path / "whole.tflite"
    reports = [
        export.tflite(model, path, "int8", calibration=drawn, integer_only=path is whole, limits=export.Limits())
        for path in (mixed, whole)
    ]
    kinds = []
    for path in (mixed, whole):
        interpreter = Interpreter(
            model_path=str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
        interpreter.allocate_tensors()
        details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
        kinds.append(
            {
                details[int(node["outputs"][0])]["shape"][1]: node["result_types"][0]
                for node in interpreter._get_ops_details()
                if node["op_name"] == "CONV_2D"
            }
        )
        scales = [len(one["quantization_parameters"]["scales"]) for one in details.values() if one["dtype"] == np.int8]
        assert max(scales) > 1, "one scale for each channel of weights"
    assert {side for side, kind in kinds[0].items() if kind == np.float32} == {SIZE, SIZE // 2, SIZE // 4}
    assert set(kinds[1].values()) == {np.int8}
    assert reports[0].mean_abs < reports[1].mean_abs
    assert export.read_sidecar(whole)["integer_only"] is True


def test_the_file_says_what_it_is_without_its_sidecar(tmp_path, model):
    path = tmp_path / "m.tflite"
    info = {"threshold": 0.4, "resize": "squash", "split": {"train": ["a"]}}
    export.tflite(model, path, info=info)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["model.json"]
    (tmp_path / "m.tflite.json").unlink()
    found = export.read_sidecar(path)
    assert found["labels"] == ["background", "lesion"]
    assert found["input"]["range"] == [0, 255]
    assert "split" not in found
    predictor = export.Predictor(path)
    assert (predictor.threshold, predictor.resize) == (0.4, "squash")
    path.write_bytes(path.read_bytes().replace(b"model.json", b"other.json"))
    with pytest.raises(ExportError, match="damaged"):
        export.Predictor(path)


def test_masks_beside_the_images_are_left_out_and_what_was_used_is_listed(tmp_path, model, folder):
    path = tmp_path / "int8.tflite"
    with pytest.warns(UserWarning, match=r"(?s)as masks \(12\).*photo_00_mask.png"):
        export.tflite(model, path, "int8", calibration=folder, limits=export.Limits())
    assert sorted(export.read_sidecar(path)["calibration"]) == [f"photo_{index:02}.png" for index in range(12)]


def test_calibration_images_are_fed_as_in_training(folder):
    files = sorted(folder.glob("photo_0?.png"))
    found = calibration_images(files, (48, 64), {"resize": "squash"})
    assert {image.shape for image in found.images} == {(48, 64, 3)}
    assert len(calibration_images(files, (48, 48), {}, count=8).images) == 8
    assert calibration_images(files, (48, 48), {}, 8, 0).names == calibration_images(files, (48, 48), {}, 8, 0).names
    images = np.stack([draw_phantom(0, index, 48)[0] for index in range(10)]).astype(np.float32)
    pairs = tf.data.Dataset.from_tensor_slices((images, images[..., :1])).batch(4)
    np.testing.assert_array_equal(np.stack(calibration_images(pairs, (48, 48), {}).images), images)


def test_what_cannot_be_calibrated(tmp_path, model, drawn):
    path = tmp_path / "m.tflite"
    for precision, calibration, count, match in [
        ("int16x8", None, 200, "Supported precisions: float32, float16, dynamic, int8"),
        ("int8", None, 200, "--calibration-dir"),
        ("float16", drawn, 200, "Calibration is for int8"),
        ("int8", drawn[:3], 200, "3 images are too few"),
        ("int8", drawn, 2, "At least 8 images"),
        ("int8", [image[..., 0] for image in drawn], 200, "height, width, 3"),
        ("int8", [image.astype(np.float32) / 255 for image in drawn], 200, r"plain pixels in \[0, 255\]"),
        ("int8", [image[:40].astype(np.float32) for image in drawn], 200, "must have the model's size"),
    ]:
        with pytest.raises(ExportError, match=match):
            export.tflite(model, path, precision, calibration=calibration, calibration_count=count)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="no images in"):
        export.tflite(model, path, "int8", calibration=tmp_path / "empty")
    assert not path.exists()
