"""SavedModel export."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_rau.export.checks import exportable, model_size
from keras_rau.export.parity import Images, Limits, ParityReport, check_parity, parity_images
from keras_rau.export.sidecar import write_sidecar
from keras_rau.export.writing import new_output, put, quiet, scratch

LIMITS = Limits(max_abs=1e-4)


def write_saved_model(model: keras.Model, path: Path, shape: tuple[int | None, ...]) -> None:
    """Write a SavedModel whose `serving_default` maps `image` of `shape` to `mask`."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        name="serving_default",
        fn=lambda image: {"mask": model(image, training=False)},
        input_signature=[tf.TensorSpec(shape, tf.float32, name="image")],
    )
    archive.write_out(str(path), verbose=False)


def saved_model(
    model: keras.Model, path: Path | str, verify: Images = None, info: dict[str, Any] | None = None
) -> ParityReport:
    """Export a model as a SavedModel and check it against the Keras model.

    The signature `serving_default` takes `image`, float32 `(B, H, W, 3)` plain pixels in [0, 255], height and width free
    where the model's are, and returns `mask`, float32 `(B, H, W, 1)`. It loads without this package.

    Args:
        model: a model with one image input and one output; one in half precision is exported in float32.
        path: folder to write; must not exist or be empty.
        verify: images to compare both models on: a folder, files, or arrays; 16 seeded phantoms when `None`.
        info: what to write into `assets.extra/model.json` beside, such as `image_size`, `resize` and
            `preprocess` of the training.

    Returns:
        The comparison.

    Raises:
        ExportError: the model cannot be exported, the folder is taken, or the largest difference exceeds 1e-4; then the
            folder is kept as `NAME.rejected`.

    Example:
        >>> saved_model(model, "out/saved_model").max_abs
    """
    path, model = new_output(path), exportable(model)
    size = model_size(model) or tuple((info or {}).get("image_size", (256, 256)))
    images, name = parity_images(verify, size, info)
    with scratch(path) as part:
        with quiet():
            write_saved_model(model, part, (None, *model.inputs[0].shape[1:]))
        write_sidecar(part, info or {})
        put(part, path)
    return check_parity(model, path, images, name, LIMITS)
