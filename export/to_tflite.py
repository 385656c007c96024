"""TFLite export."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_rau.errors import ExportError
from keras_rau.export.backends import as_function
from keras_rau.export.checks import exportable, fixed_size, with_probabilities
from keras_rau.export.outputs import Classes, outputs_of
from keras_rau.export.parity import Limits, ParityReport, check_parity, check_reference
from keras_rau.export.parity_images import Images, parity_images
from keras_rau.export.quantisation.calibration import COUNT, Calibration, calibration_images
from keras_rau.export.quantisation.integers import to_integers
from keras_rau.export.quantisation.precisions import LIMITS, check_precision, configure
from keras_rau.export.sidecar import described, embed, write_sidecar
from keras_rau.export.tflite_operators import custom_operators
from keras_rau.export.writing import new_output, quiet, scratch
from keras_rau.files import put

_COMPARED = 32


def tflite(
    model: keras.Model,
    path: Path | str,
    precision: str = "float32",
    *,
    image_size: int | tuple[int, int] | None = None,
    verify: Images = None,
    info: dict[str, Any] | None = None,
    calibration: Any = None,
    calibration_count: int = COUNT,
    integer_only: bool = False,
    limits: Limits | None = None,
    samples: Sequence[Any] = (),
    measure: bool = False,
    classes: Classes = None,
    logits: bool | None = None,
    trust: bool = False,
) -> ParityReport:
    """Export a model as a TFLite file and check it against the Keras model.

    The file has one signature, `serving_default`: `image`, `(1, H, W, 3)` plain pixels in [0, 255], to `mask`,
    `(1, H, W, K)`, probabilities of the K classes (1 for one lesion class); float32, but uint8 in `int8` files, whose mask v
    stands for the probability v / 256. The last activation of a model of logits is added. Built-in operators only, so that
    it runs wherever LiteRT does. What `info` says is in the file, too, as the ZIP entry `model.json`.

    Args:
        model: a model with one image input and one output; one in half precision is exported in float32.
        path: file to write, ending in `.tflite`; must not exist.
        precision: `"float32"`; `"float16"`, weights in half the bytes, computed with in float32; `"dynamic"`, weights in
            8 bits, computed with in float32 where that is faster; `"int8"`, weights and values in 8 bits but for the finest
            maps.
        image_size: height and width to fix for a model of any size.
        verify: images to compare both models on: a folder, files, or arrays; when `None`, 16 seeded phantoms, or 32 of
            the calibration images.
        info: what to write into the JSON file beside, such as `resize` and `preprocess` of the training.
        calibration: images that the ranges of `"int8"` are measured on: a folder, files, arrays, or a
            `tf.data.Dataset`. Masks beside them are left out.
        calibration_count: how many of them to take at most.
        integer_only: of `"int8"`, round what would stay floats, too, for accelerators that know integers alone; masks
            differ more then.
        limits: what is allowed; `LIMITS` of the precision when `None`.
        samples: from `datasets.load`, with masks that both models are scored against.
        measure: also measure latency and memory.
        classes: of a foreign model of several classes, see `keras_rau.export.outputs_of`.
        logits: the output of a foreign model is taken before its activation.
        trust: write the file though it uses operators that `Predictor` runs with `trust=True` alone.

    Returns:
        The comparison.

    Raises:
        ExportError: the precision is unknown, a size is missing, the model needs operators that TFLite lacks, does not tell
            what its output is, or gives no probabilities; Keras runs on another backend than TensorFlow; the file exists,
            calibration images are missing or too few, or the model differs too much: a probability by more than 1e-4
            (float32), the masks by a mean Dice below 0.999 (float16), or below 0.99, or any below 0.95 (8 bits), or those of
            one of several classes by a Dice below 0.99 (float16) or 0.95 (8 bits); then the file is kept as `NAME.rejected`.
        UsageError: the `threshold` of `info` is none of probabilities.

    Example:
        >>> tflite(model, "out/model.tflite").max_abs
    """
    check_precision(precision, calibration, integer_only)
    if Path(path).suffix != ".tflite":
        raise ExportError(f"The file must end in .tflite. Received: path={path}")
    path, model, info = new_output(path), exportable(model), info or {}
    size = fixed_size(model, image_size)
    outputs = outputs_of(model, info, classes=classes, logits=logits)
    model, info = with_probabilities(model, outputs), described(info, outputs)
    ranges = None if calibration is None else calibration_images(calibration, size, info, calibration_count)
    if verify is None and ranges is not None:
        images, name = ranges.images[:_COMPARED], "of the calibration images"
    else:
        images, name = parity_images(verify, size, info)
    reference = as_function(model)
    check_reference(reference, images, outputs, samples)
    content = {**info, "image_size": list(size), "precision": precision}
    if ranges is not None:
        content["calibration"] = ranges.names
    if integer_only:
        content["integer_only"] = True
    with scratch(path) as part:
        part.write_bytes(convert(model, size, precision, ranges, integer_only, part.with_name("saved_model")))
        embed(part, content)
        put(part, path)
    write_sidecar(path, content)
    return check_parity(reference, path, images, name, limits or LIMITS[precision], info, samples, measure, trust)


def convert(
    model: keras.Model,
    size: tuple[int, int],
    precision: str,
    calibration: Calibration | None,
    integer_only: bool,
    folder: Path,
) -> bytes:
    """Return the TFLite file of a model; what is written on the way lies in `folder`.

    Raises:
        ExportError: it cannot be converted or quantised.
    """
    # Not from_keras_model: with TensorFlow 2.16 it aborts the process.
    try:
        with quiet():
            write_frozen(model, folder, (1, *size, 3))
            converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
            configure(converter, precision)
            content = converter.convert()
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next(
            (line for line in lines if line.startswith(("Custom ops:", "Flex ops:"))), lines[0] if lines else ""
        )
        raise ExportError(f"The model cannot be converted with TFLite's built-in operators: {reason}") from error
    custom = custom_operators(content)
    if custom:
        raise ExportError(f"The converted model needs operators that phones lack: {', '.join(custom)}")
    if precision == "int8":
        try:
            with quiet():
                content = to_integers(content, calibration.images, integer_only)
        except Exception as error:
            raise ExportError(f"The model cannot be quantised, float16 may serve: {error}") from error
    return content


def write_frozen(model: keras.Model, path: Path, shape: tuple[int, ...]) -> None:
    """Write a SavedModel without variables whose `serving_default` maps `image` of `shape` to `mask`."""
    spec = tf.TensorSpec(shape, tf.float32, name="image")
    traced = tf.function(lambda image: model(image, training=False)).get_concrete_function(spec)
    frozen = convert_variables_to_constants_v2(traced)
    module = tf.Module()
    module.serve = tf.function(lambda image: {"mask": frozen(image)[0]}, input_signature=[spec])
    # Gradients of an activation such as `silu` capture constants that cannot be saved, and nobody needs them here.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve}, options=options)
