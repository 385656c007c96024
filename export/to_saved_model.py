"""SavedModel export."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_rau.export.backends import as_function
from keras_rau.export.checks import exportable, model_size, with_probabilities
from keras_rau.export.outputs import Classes, outputs_of
from keras_rau.export.parity import Limits, ParityReport, check_parity, check_reference
from keras_rau.export.parity_images import Images, parity_images
from keras_rau.export.serving import from_bytes
from keras_rau.export.sidecar import described, write_sidecar
from keras_rau.export.writing import new_output, quiet, scratch
from keras_rau.files import put
from keras_rau.outputs import Outputs

LIMITS = Limits(max_abs=1e-5)
_ANY = 256  # side of the image that a model of any size sees when its training does not say


def write_saved_model(
    model: keras.Model, path: Path | str, shape: tuple[int | None, ...], info: dict[str, Any] | None = None
) -> None:
    """Write a SavedModel whose `serving_default` maps `image` of `shape` to `mask`.

    Args:
        model: one input, one output of probabilities, float32.
        path: folder.
        shape: of the input, the batch first.
        info: content of the sidecar with the `classes` of the output; with it also the signatures of servers are written.
    """

    def predict(image: tf.Tensor) -> tf.Tensor:
        return model(image, training=False)

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        name="serving_default",
        fn=lambda image: {"mask": predict(image)},
        input_signature=[tf.TensorSpec(shape, tf.float32, name="image")],
    )
    if info is not None:
        archive.add_endpoint(
            name="serving_uint8",
            fn=lambda image: {"mask": predict(tf.cast(image, tf.float32))},
            input_signature=[tf.TensorSpec(shape, tf.uint8, name="image")],
        )
    if info is not None and not info.get("preprocess"):
        size = model_size(model) or tuple(info.get("image_size", (_ANY, _ANY)))
        resize, threshold = info.get("resize", "letterbox"), info.get("threshold", 0.5)
        archive.add_endpoint(
            name="serving_bytes",
            fn=from_bytes(predict, size, resize, threshold, Outputs.from_config(info["classes"])),
            input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")],
        )
    archive.write_out(str(path), verbose=False)


def saved_model(
    model: keras.Model,
    path: Path | str,
    verify: Images = None,
    *,
    info: dict[str, Any] | None = None,
    limits: Limits | None = None,
    samples: Sequence[Any] = (),
    measure: bool = False,
    classes: Classes = None,
    logits: bool | None = None,
    trust: bool = False,
) -> ParityReport:
    """Export a model as a SavedModel and check it against the Keras model.

    Three signatures, none of which needs this package or Python:

    - `serving_default` takes `image`, float32 `(B, H, W, 3)` plain pixels in [0, 255], height and width free where the
      model's are, and returns `mask`, float32 `(B, H, W, K)`, probabilities of the K classes (1 for one lesion
      class); the last activation of a model of logits is added.
    - `serving_uint8` takes the same as uint8.
    - `serving_bytes` takes `image_bytes`, the content of JPEG, PNG or BMP files of any sizes, and returns `mask` at the
      model's size, `mask_bytes`, what `Predictor.predict` gives as grey PNG files of 0 and 255 (one for each class where
      classes overlap, and what is no background where they exclude each other; then also `class_bytes` of class numbers),
      and `error`, empty where all went well. Left out, with a warning, for a model whose images must be preprocessed.

    Args:
        model: a model with one image input and one output; one in half precision is exported in float32.
        path: folder to write; must not exist or be empty.
        verify: images to compare both models on: a folder, files, or arrays; 16 seeded phantoms when `None`.
        info: what to write into `assets.extra/model.json` beside, such as `image_size`, `resize` and
            `preprocess` of the training.
        limits: what is allowed; a largest difference of 1e-5 when `None`.
        samples: from `datasets.load`, with masks that both models are scored against.
        measure: also measure latency and memory.
        classes: of a foreign model of several classes, see `keras_rau.export.outputs_of`.
        logits: the output of a foreign model is taken before its activation.
        trust: write the file though it uses operators that `Predictor` runs with `trust=True` alone.

    Returns:
        The comparison.

    Raises:
        ExportError: the model cannot be exported, does not tell what its output is, or gives no probabilities; Keras runs on
            another backend than TensorFlow; the folder is taken; or the largest difference exceeds 1e-5: then the folder is
            kept as `NAME.rejected`.
        UsageError: the `threshold` of `info` is none of probabilities.

    Example:
        >>> saved_model(model, "out/saved_model").max_abs
    """
    path, model, info = new_output(path), exportable(model), info or {}
    outputs = outputs_of(model, info, classes=classes, logits=logits)
    model, info = with_probabilities(model, outputs), described(info, outputs)
    if info.get("preprocess"):
        warnings.warn(
            "serving_bytes is left out: the images of this model must be preprocessed, which a graph cannot do.",
            stacklevel=2,
        )
    size = model_size(model) or tuple(info.get("image_size", (_ANY, _ANY)))
    images, name = parity_images(verify, size, info)
    reference = as_function(model)
    check_reference(reference, images, outputs, samples)
    with scratch(path) as part:
        with quiet():
            write_saved_model(model, part, (None, *model.inputs[0].shape[1:]), info)
        write_sidecar(part, info)
        put(part, path)
    return check_parity(reference, path, images, name, limits or LIMITS, info, samples, measure, trust)
