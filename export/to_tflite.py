"""TFLite export."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_rau.errors import ExportError
from keras_rau.export.checks import exportable, fixed_size
from keras_rau.export.parity import Images, Limits, ParityReport, check_parity, parity_images
from keras_rau.export.sidecar import write_sidecar
from keras_rau.export.tflite_operators import custom_operators
from keras_rau.export.to_saved_model import write_saved_model
from keras_rau.export.writing import new_output, put, quiet, scratch

# Half-precision weights move the outline by a pixel here and there: no difference of single pixels can be asked for.
LIMITS = {"float32": Limits(max_abs=1e-4), "float16": Limits(dice_mean=0.999)}


def tflite(
    model: keras.Model,
    path: Path | str,
    precision: str = "float32",
    image_size: int | tuple[int, int] | None = None,
    verify: Images = None,
    info: dict[str, Any] | None = None,
) -> ParityReport:
    """Export a model as a TFLite file and check it against the Keras model.

    The file has one signature, `serving_default`: `image`, float32 `(1, H, W, 3)` plain pixels in [0, 255], to `mask`,
    float32 `(1, H, W, 1)`; built-in operators only, so that it runs wherever LiteRT does.

    Args:
        model: a model with one image input and one output; one in half precision is exported in float32.
        path: file to write, ending in `.tflite`; must not exist.
        precision: `"float32"`, or `"float16"`: weights in half the bytes, computed with in float32.
        image_size: height and width to fix for a model of any size.
        verify: images to compare both models on: a folder, files, or arrays; 16 seeded phantoms when `None`.
        info: what to write into the JSON file beside, such as `resize` and `preprocess` of the training.

    Returns:
        The comparison.

    Raises:
        ExportError: the precision is unknown, a size is missing, the model needs operators that TFLite lacks, the file
            exists, or the model differs too much: a probability by more than 1e-4 (float32), or the masks by a mean Dice
            below 0.999 (float16); then the file is kept as `NAME.rejected`.

    Example:
        >>> tflite(model, "out/model.tflite").max_abs
    """
    if precision not in LIMITS:
        raise ExportError(f"Supported precisions: {', '.join(LIMITS)}. Received: precision={precision!r}")
    if Path(path).suffix != ".tflite":
        raise ExportError(f"The file must end in .tflite. Received: path={path}")
    path, model = new_output(path), exportable(model)
    size = fixed_size(model, image_size)
    images, name = parity_images(verify, size, info)
    with scratch(path) as part:
        part.write_bytes(_convert(model, size, precision, part.with_name("saved_model")))
        put(part, path)
    write_sidecar(path, {**(info or {}), "image_size": list(size), "precision": precision})
    return check_parity(model, path, images, name, LIMITS[precision])


def _convert(model: keras.Model, size: tuple[int, int], precision: str, folder: Path) -> bytes:
    # Not from_keras_model: with TensorFlow 2.16 it aborts the process.
    try:
        with quiet():
            write_saved_model(model, folder, (1, *size, 3))
            converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            if precision == "float16":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.target_spec.supported_types = [tf.float16]
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
    return content
