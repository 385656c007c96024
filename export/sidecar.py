"""The JSON file that travels beside a model: how it was fed, and on which images it was trained."""

import hashlib
import json
from pathlib import Path
from typing import Any

from keras_rau._version import __version__
from keras_rau.errors import ExportError


def sidecar_path(model: Path) -> Path:
    """Where the sidecar of a model lies: beside a file, in `assets.extra` of a SavedModel."""
    if model.suffix in (".keras", ".tflite"):
        return model.with_name(f"{model.name}.json")
    return model / "assets.extra" / "model.json"


def write_sidecar(model: Path, info: dict[str, Any]) -> None:
    """Write the sidecar of `model`; a finished file's SHA-256 is added."""
    path = sidecar_path(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {**info, "keras_rau": __version__}
    if model.suffix == ".tflite" and model.is_file():
        content["sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    path.write_text(json.dumps(content, indent=1) + "\n")


def read_sidecar(model: Path) -> dict[str, Any]:
    """Content of the sidecar of `model`; `{}` when there is none.

    Raises:
        ExportError: the file is damaged.
    """
    path = sidecar_path(model)
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ExportError(f"{path} is damaged: {error}. Export the model again.") from error
