"""Exporting a model file, or a preset with trained weights."""

from pathlib import Path
from typing import Any

import keras

from keras_rau import models, pretrained
from keras_rau.errors import ExportError
from keras_rau.export.checks import load_keras
from keras_rau.export.parity import Images, ParityReport
from keras_rau.export.sidecar import read_sidecar
from keras_rau.export.writing import new_output


def from_file(
    source: Path | str,
    kind: str,
    output: Path | str,
    precision: str = "float32",
    image_size: int | None = None,
    check_dir: Images = None,
) -> ParityReport:
    """Export a trained model; what its sidecar says travels with the export.

    Args:
        source: the `.keras` file, or the name of a preset with trained weights, which takes any `image_size`.
        kind: `"saved_model"` or `"tflite"`.
        output: what to write.
        precision: of `"tflite"`, `"float32"` or `"float16"`.
        image_size: of `"tflite"`, for a model of any size; that of its training when known.
        check_dir: images to compare both models on, see `saved_model`.

    Raises:
        ExportError: the source is neither, or see `saved_model` and `tflite`.

    Example:
        >>> from_file("rau_net_lite", "tflite", "out/lite.tflite", precision="float16", image_size=256).dice_mean
    """
    from keras_rau.export.to_saved_model import saved_model
    from keras_rau.export.to_tflite import tflite

    new_output(output)
    model, info = _load(str(source))
    if kind == "saved_model":
        return saved_model(model, output, verify=check_dir, info=info)
    any_size = model.inputs[0].shape[1] is None
    size = image_size or (tuple(info["image_size"]) if any_size and "image_size" in info else None)
    return tflite(model, output, precision, image_size=size, verify=check_dir, info=info)


def _load(source: str) -> tuple[keras.Model, dict[str, Any]]:
    path = Path(source)
    if source in pretrained.names() and not path.exists():
        info = read_sidecar(pretrained.tflite_file(source))
        model = models.from_preset(source, input_shape=(None, None, 3))
        # Those of the TFLite file alone.
        return model, {key: value for key, value in info.items() if key not in ("sha256", "precision", "exported_from")}
    if path.suffix != ".keras" or not path.is_file():
        raise ExportError(f"Only a .keras file, or a preset with trained weights, can be exported. Received: {source}")
    return load_keras(path), {**read_sidecar(path), "exported_from": path.name}
