"""Exporting a model file, or a preset with trained weights."""

from pathlib import Path
from typing import Any

import keras

from keras_rau import models, pretrained
from keras_rau.errors import ExportError
from keras_rau.export import to_saved_model, to_tflite
from keras_rau.export.backends import as_function, open_backend
from keras_rau.export.checks import check_backend, load_keras, with_probabilities
from keras_rau.export.outputs import Classes, outputs_of
from keras_rau.export.parity import ParityReport
from keras_rau.export.parity_images import Images, parity_images
from keras_rau.export.quantisation.calibration import COUNT
from keras_rau.export.report import draw_differences, write_report
from keras_rau.export.sidecar import read_sidecar
from keras_rau.export.styles import stated_style
from keras_rau.export.writing import new_output
from keras_rau.outputs import Outputs

# What a sidecar says of the TFLite file, not of the weights.
_OF_TFLITE = ("sha256", "precision", "exported_from", "outline_styles", "style_key", "style")


def from_file(
    source: Path | str,
    kind: str,
    output: Path | str,
    *,
    precision: str = "float32",
    image_size: int | None = None,
    check_dir: Images = None,
    calibration: Any = None,
    calibration_count: int = COUNT,
    integer_only: bool = False,
    report: Path | str | None = None,
    classes: Classes = None,
    logits: bool | None = None,
    style: Any = None,
    **checks: Any,
) -> ParityReport:
    """Export a trained model; what its sidecar says travels with the export.

    Args:
        source: the `.keras` file, or the name of a preset with trained weights, which takes any `image_size`.
        kind: `"saved_model"` or `"tflite"`.
        output: what to write.
        precision: of `"tflite"`, see there.
        image_size: of `"tflite"`, for a model of any size; that of its training when known.
        check_dir: images to compare both models on, see `saved_model`.
        calibration: of `"tflite"`, images that integer ranges are measured on.
        calibration_count: how many of them to take at most.
        integer_only: of `"tflite"`, see there.
        report: new or empty folder for `parity.json`, `parity.md` and `parity.png`, a picture of the largest differences.
        classes: of a foreign model of several classes, see `outputs_of`.
        logits: the output of a foreign model is taken before its activation.
        style: outline style that is folded into the last convolution, see `Predictor`; the default map when `None`.
        **checks: `limits`, `samples`, `measure` and `trust`, see `saved_model`.

    Raises:
        ExportError: the source is neither, or see `saved_model` and `tflite`.
        RauError: the model has no such style.

    Example:
        >>> from_file("rau_net_lite", "tflite", "out/lite.tflite", precision="float16", image_size=256).dice_mean
    """
    check_backend()
    output = new_output(output)
    folder = None if report is None else new_output(report)
    model, info = load_source(source, style)
    checks |= {"verify": check_dir, "info": info, "classes": classes, "logits": logits}
    if kind == "saved_model":
        found = to_saved_model.saved_model(model, output, **checks)
    else:
        found = to_tflite.tflite(
            model,
            output,
            precision,
            image_size=image_size or wanted_size(model, info),
            calibration=calibration,
            calibration_count=calibration_count,
            integer_only=integer_only,
            **checks,
        )
    if folder is not None:
        folder.mkdir(exist_ok=True)
        write_report(folder, {output.name: found})
        outputs = outputs_of(model, info, classes=classes, logits=logits)
        draw(folder / "parity.png", found, model, output, check_dir, info, outputs)
    return found


def wanted_size(model: keras.Model, info: dict[str, Any]) -> tuple[int, int] | None:
    """Size that a model of any size is exported for, when it is not asked for: that of its training."""
    any_size = model.inputs[0].shape[1] is None
    return tuple(info["image_size"]) if any_size and "image_size" in info else None


def draw(
    path: Path,
    report: ParityReport,
    model: keras.Model,
    output: Path,
    verify: Images,
    info: dict[str, Any],
    outputs: Outputs,
) -> None:
    """Write the picture of a report whose images were `verify`."""
    backend = open_backend(output, None, trust=True)
    images, _ = parity_images(verify, backend.size or tuple(info.get("image_size", (256, 256))), info)
    reference = as_function(with_probabilities(model, outputs))
    draw_differences(path, report, reference, backend.run, images, outputs)


def load_source(source: Path | str, style: Any = None) -> tuple[keras.Model, dict[str, Any]]:
    """Return the Keras model of a `.keras` file or of a preset with trained weights, of one outline style, and its sidecar.

    Raises:
        ExportError: it is neither.
        RauError: the model has no such style.
    """
    model, info = load_all_styles(source)
    info = stated_style(info, model, style)
    return (model.with_style(style) if getattr(model, "outline_styles", ()) else model), info


def load_all_styles(source: Path | str) -> tuple[keras.Model, dict[str, Any]]:
    """Return the Keras model of a `.keras` file or of a preset with trained weights, with all its maps, and its sidecar.

    Raises:
        ExportError: it is neither.
    """
    path, source = Path(source), str(source)
    if source in pretrained.names() and not path.exists():
        info = read_sidecar(pretrained.tflite_file(source))
        model = models.from_preset(source, input_shape=(None, None, 3))
        # Those of the TFLite file alone.
        return model, {key: value for key, value in info.items() if key not in _OF_TFLITE}
    if path.suffix != ".keras" or not path.is_file():
        raise ExportError(f"Only a .keras file, or a preset with trained weights, can be exported. Received: {source}")
    return load_keras(path), {**read_sidecar(path), "exported_from": path.name}
