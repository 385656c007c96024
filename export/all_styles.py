"""The TFLite file that holds the maps of every outline style, for `Predictor` to choose from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from keras_rau.errors import ExportError
from keras_rau.export.backends import as_function
from keras_rau.export.checks import check_backend, exportable, fixed_size
from keras_rau.export.model_file import load_all_styles, wanted_size
from keras_rau.export.outputs import outputs_of
from keras_rau.export.parity import Limits, ParityReport, check_parity
from keras_rau.export.parity_images import Images, parity_images
from keras_rau.export.quantisation.precisions import LIMITS, check_precision
from keras_rau.export.sidecar import described, embed, write_sidecar
from keras_rau.export.to_tflite import convert
from keras_rau.export.writing import new_output, scratch
from keras_rau.files import put
from keras_rau.models.styles import all_maps, style_key
from keras_rau.outline_styles import DEFAULT


def tflite_of_all_styles(
    model: keras.Model,
    path: Path | str,
    precision: str = "float16",
    *,
    image_size: int | tuple[int, int] | None = None,
    verify: Images = None,
    info: dict[str, Any] | None = None,
    limits: Limits | None = None,
    samples: Sequence[Any] = (),
) -> dict[str, ParityReport]:
    """Export a model with outline styles as one TFLite file of all its maps, and check each against the Keras model.

    `Predictor(path, style=…)` combines them without TensorFlow. The signature `serving_default` maps `image`,
    `(1, H, W, 3)`, to `mask`, `(1, h, w, K + 1)`: logits of the default map and of each style, before they are enlarged. For
    programs that know nothing of styles export one style with `tflite`, which costs nothing more than a model without.

    Args:
        model: a model with `outline_styles`.
        path: file to write, ending in `.tflite`; must not exist.
        precision: `"float32"`, `"float16"` or `"dynamic"`; `"int8"` is calibrated for one map, export each style by itself.
        image_size: height and width to fix for a model of any size.
        verify: images to compare both models on, see `tflite`.
        info: what to write into the JSON file beside.
        limits: what is allowed of each style; `LIMITS` of the precision when `None`.
        samples: from `datasets.load`, with masks that the default map of both models is scored against.

    Returns:
        The comparison by style, the default first.

    Raises:
        ExportError: the model has no outline styles, the precision is none of these, or see `tflite`; a file that differs too
            much for any style is kept as `NAME.rejected`.

    Example:
        >>> tflite_of_all_styles(model, "out/styles.tflite")["tight"].dice_mean
    """
    if precision == "int8":
        raise ExportError(
            "A file of all outline styles is float32, float16 or dynamic: int8 is calibrated for one map. Export each style "
            "by itself, with style (--style)."
        )
    check_precision(precision, None, False)
    if Path(path).suffix != ".tflite":
        raise ExportError(f"The file must end in .tflite. Received: path={path}")
    path, model, info = new_output(path), exportable(model), info or {}
    names = getattr(model, "outline_styles", ())
    if not names:
        raise ExportError(f"The model {model.name!r} has no outline styles: it was trained without them.")
    size = fixed_size(model, image_size)
    info = described(info, replace(outputs_of(model, info), logits=False))
    images, name = parity_images(verify, size, info)
    content = {
        **info,
        "image_size": list(size),
        "precision": precision,
        "outline_styles": list(names),
        "style_key": style_key(model),
    }
    with scratch(path) as part:
        part.write_bytes(convert(all_maps(model), size, precision, None, False, part.with_name("saved_model")))
        embed(part, content)
        put(part, path)
    write_sidecar(path, content)
    reports = {}
    for style in (DEFAULT, *names):
        reference = as_function(_probabilities(model, style))
        reports[style] = check_parity(
            reference,
            path,
            images,
            name,
            limits or LIMITS[precision],
            info,
            samples if style == DEFAULT else (),
            style=style,
        )
    return reports


def all_styles_from_file(
    source: Path | str,
    output: Path | str,
    *,
    precision: str = "float16",
    image_size: int | None = None,
    check_dir: Images = None,
    **checks: Any,
) -> dict[str, ParityReport]:
    """Export a `.keras` file or a preset with outline styles by `tflite_of_all_styles`, with what its sidecar says.

    Args:
        source: the `.keras` file, or the name of a preset with trained weights.
        output: what to write.
        precision: see `tflite_of_all_styles`.
        image_size: for a model of any size; that of its training when known.
        check_dir: images to compare both models on.
        **checks: `limits` and `samples`.

    Raises:
        ExportError: see `tflite_of_all_styles`.

    Example:
        >>> all_styles_from_file("runs/first/checkpoints/best.keras", "out/styles.tflite")
    """
    check_backend()
    model, info = load_all_styles(source)
    size = image_size or wanted_size(model, info)
    return tflite_of_all_styles(model, output, precision, image_size=size, verify=check_dir, info=info, **checks)


def _probabilities(model: keras.Model, style: str) -> keras.Model:
    folded = model.with_style(style)
    if not model.output_description.logits:
        return folded
    return keras.Model(folded.inputs, keras.layers.Activation("sigmoid", dtype="float32")(folded.outputs[0]))
