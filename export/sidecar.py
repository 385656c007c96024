"""The JSON file that travels beside a model: how it was fed, and on which images it was trained."""

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from keras_rau._version import __version__
from keras_rau.datasets.preprocessing import Step, as_config, parse_steps
from keras_rau.errors import ExportError, UsageError

_NOTE = (
    "The model was trained on images preprocessed so. Its file does not hold these steps: keras_rau.export.Predictor takes "
    "them, any other program must apply keras_rau.datasets.preprocess to the image at the model's size."
)


_ABOUT = {
    "labels": ["background", "lesion"],
    "input": {"name": "image", "colours": "RGB", "range": [0, 255], "mean": [0, 0, 0], "std": [1, 1, 1]},
    "output": {"name": "mask", "meaning": "probability of lesion"},
    "licence": "code Apache-2.0; weights follow the licences of the images they were trained on",
}
_LISTS = ("split", "also_train", "calibration")
EMBEDDED = "model.json"


def sidecar_path(model: Path) -> Path:
    """Where the sidecar of a model lies: beside a file, in `assets.extra` of a SavedModel."""
    if model.suffix in (".keras", ".tflite"):
        return model.with_name(f"{model.name}.json")
    return model / "assets.extra" / "model.json"


def embed(model: Path, info: dict[str, Any]) -> None:
    """Append `info` to a `.tflite` file as the ZIP entry `model.json`; programs that run it do not look there.

    Lists of images stay in the sidecar: they are longer than the rest together.
    """
    content = {key: value for key, value in info.items() if key not in _LISTS}
    entry = zipfile.ZipInfo(EMBEDDED, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr(entry, json.dumps(_complete(content, model), indent=1))


def _complete(info: dict[str, Any], model: Path) -> dict[str, Any]:
    # A .keras file says of itself what it takes and gives.
    about = {} if model.suffix == ".keras" else _ABOUT
    content = {**about, **info, "keras_rau": __version__}
    if info.get("preprocess"):
        content["preprocess"] = as_config(info["preprocess"])
        content["preprocess_note"] = _NOTE
    return content


def write_sidecar(model: Path, info: dict[str, Any]) -> None:
    """Write the sidecar of `model`; a finished file's SHA-256 is added, and what `preprocess` asks of other programs.

    Raises:
        UsageError: `preprocess` is no chain of steps.
    """
    path = sidecar_path(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _complete(info, model)
    if model.suffix == ".tflite" and model.is_file():
        content["sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    # The model may be there already, and must never have half a sidecar.
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(part, path)


def read_sidecar(model: Path) -> dict[str, Any]:
    """Content of the sidecar of `model`, or of what is in a `.tflite` file itself; `{}` when there is neither.

    Raises:
        ExportError: the file is damaged.
    """
    path = sidecar_path(model)
    if not path.exists():
        return _embedded(model)
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ExportError(f"{path} is damaged: {error}. Export the model again.") from error


def _embedded(model: Path) -> dict[str, Any]:
    if model.suffix != ".tflite" or not zipfile.is_zipfile(model):
        return {}
    try:
        with zipfile.ZipFile(model) as archive:
            return json.loads(archive.read(EMBEDDED))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ExportError(
            f"What {model} says of itself ({EMBEDDED}) is damaged: {error}. Export the model again."
        ) from error


def sidecar_steps(model: Path) -> tuple[Step, ...]:
    """Preprocessing steps that `model` was trained with; none when its sidecar says nothing.

    Raises:
        ExportError: the sidecar is damaged or names steps that are unknown here.
    """
    try:
        return parse_steps(read_sidecar(model).get("preprocess"))
    except UsageError as error:
        raise ExportError(f"{sidecar_path(model)}: {error} A newer version of this package may know it.") from error
