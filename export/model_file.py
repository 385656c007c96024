"""Exporting a model file."""

from pathlib import Path
from typing import Any

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
    """Export a `.keras` file; what its sidecar says travels with the export.

    Args:
        source: the `.keras` file.
        kind: `"saved_model"` or `"tflite"`.
        output: what to write.
        precision: of `"tflite"`, `"float32"` or `"float16"`.
        image_size: of `"tflite"`, for a model of any size; that of its training when known.
        check_dir: images to compare both models on, see `saved_model`.

    Raises:
        ExportError: the source is no `.keras` file, or see `saved_model` and `tflite`.
    """
    from keras_rau.export.to_saved_model import saved_model
    from keras_rau.export.to_tflite import tflite

    source = Path(source)
    if source.suffix != ".keras" or not source.is_file():
        raise ExportError(f"Only a .keras file can be exported. Received: {source}")
    new_output(output)
    info: dict[str, Any] = {**read_sidecar(source), "exported_from": source.name}
    model = load_keras(source)
    if kind == "saved_model":
        return saved_model(model, output, verify=check_dir, info=info)
    any_size = model.inputs[0].shape[1] is None
    size = image_size or (tuple(info["image_size"]) if any_size and "image_size" in info else None)
    return tflite(model, output, precision, image_size=size, verify=check_dir, info=info)
