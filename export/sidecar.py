"""The JSON file that travels beside a model: how it was fed, and on which images it was trained."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_rau._version import __version__
from keras_rau.datasets.preprocessing import Step, as_config, parse_steps
from keras_rau.errors import ExportError, ModelFileError, UsageError
from keras_rau.export.sidecar_content import check_content
from keras_rau.files import write_bytes
from keras_rau.outputs import Outputs, check_threshold
from keras_rau.strangers import one_line, parse_json, read_json

_NOTE = (
    "The model was trained on images preprocessed so. Its file does not hold these steps: keras_rau.export.Predictor takes "
    "them, any other program must apply keras_rau.datasets.preprocess to the image at the model's size."
)


_ABOUT = {
    "input": {"name": "image", "colours": "RGB", "range": [0, 255], "mean": [0, 0, 0], "std": [1, 1, 1]},
    "licence": "code Apache-2.0; weights follow the licences of the images they were trained on",
}
_MEANINGS = {
    "lesion": "probability of lesion",
    "exclusive": "probabilities of the classes, one a channel, which sum to 1",
    "overlapping": "probability of each class, one a channel, independent of the others",
}
_ALL_STYLES = "logits before they are enlarged, one channel each: the default map, then those of outline_styles"
_LISTS = ("split", "also_train", "calibration")
EMBEDDED = "model.json"
_LARGEST_EMBEDDED = 1 << 20


def sidecar_path(model: Path | str) -> Path:
    """Return where the sidecar of a model lies: beside a file, in `assets.extra` of a SavedModel."""
    model = Path(model)
    if model.suffix in (".keras", ".tflite"):
        return model.with_name(f"{model.name}.json")
    return model / "assets.extra" / "model.json"


def embed(model: Path | str, info: dict[str, Any]) -> None:
    """Append `info` to a `.tflite` file as the ZIP entry `model.json`; programs that run it do not look there.

    Lists of images stay in the sidecar: they are longer than the rest together.
    """
    model = Path(model)
    content = {key: value for key, value in info.items() if key not in _LISTS}
    entry = zipfile.ZipInfo(EMBEDDED, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr(entry, json.dumps(_complete(content, model), indent=1))


def _complete(info: dict[str, Any], model: Path) -> dict[str, Any]:
    # A sum in `info` is that of the model it came from.
    content = {**{key: value for key, value in info.items() if key != "sha256"}, "keras_rau": __version__}
    if model.suffix != ".keras":
        # Exports give what they are; a .keras file says of itself what it takes and gives.
        outputs = Outputs.from_config(info["classes"]) if info.get("classes") else Outputs()
        meaning = _ALL_STYLES if info.get("outline_styles") else _MEANINGS[outputs.kind]
        about = {"labels": outputs.labels, "output": {"name": "mask", "meaning": meaning}}
        content = {**_ABOUT, **content, **about}
    if info.get("threshold") is not None:
        check_threshold(info["threshold"])
    if info.get("preprocess"):
        content["preprocess"] = as_config(info["preprocess"])
        content["preprocess_note"] = _NOTE
    return content


def described(info: dict[str, Any], outputs: Outputs) -> dict[str, Any]:
    """Return `info` with the classes of an export, which gives probabilities whatever its model gave.

    Raises:
        UsageError: the `threshold` of `info` is none of probabilities.
    """
    if info.get("threshold") is not None:
        check_threshold(info["threshold"])
    return {**info, "classes": replace(outputs, logits=False).to_config()}


def write_sidecar(model: Path | str, info: dict[str, Any]) -> None:
    """Write the sidecar of `model`; the SHA-256 of a finished export is added, and what `preprocess` asks of other programs.

    Args:
        model: the model file or folder.
        info: what is to be known of it.

    Raises:
        UsageError: `preprocess` is not a chain of steps, or `threshold` none of probabilities.
    """
    model = Path(model)
    path = sidecar_path(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _complete(info, model)
    if model.suffix != ".keras" and model.exists():
        content["sha256"] = _sha256(model)
    # The model may be there already, and must never have half a sidecar.
    write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())


def read_sidecar(model: Path | str) -> dict[str, Any]:
    """Content of the sidecar of `model`, or of what is in a `.tflite` file itself; `{}` when there is neither.

    Raises:
        ExportError: the file is damaged, or its `threshold` is none of probabilities.
    """
    model = Path(model)
    path = sidecar_path(model)
    if not path.exists():
        return check_content(_embedded(model), model)
    return check_content(read_json(path, ModelFileError), path)


def check_unchanged(model: Path) -> None:
    """Refuse an exported model that is not the one that its sidecar was written for.

    Raises:
        ExportError: its SHA-256 is another one.
    """
    stated = read_sidecar(model).get("sha256") if sidecar_path(model).exists() else None
    if stated is not None and stated != (found := _sha256(model)):
        raise ExportError(
            f"{model} is not the model that {sidecar_path(model)} was written for: its SHA-256 is {found}, expected "
            f"{stated}. It was changed, damaged or exchanged. Fetch or export both again; remove `sha256` from the JSON file "
            "only if you changed the model yourself."
        )


def _sha256(model: Path) -> str:
    """Of a file; of a SavedModel, of its graph and variables: servers add files of their own."""
    if model.is_file():
        return _digest(model).hexdigest()
    digest = hashlib.sha256()
    for file in sorted([*model.glob("saved_model.pb"), *model.glob("variables/*")]):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + _digest(file).digest())
    return digest.hexdigest()


def _digest(file: Path) -> Any:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256")


def _embedded(model: Path) -> dict[str, Any]:
    if model.suffix != ".tflite" or not model.is_file() or not zipfile.is_zipfile(model):
        return {}
    try:
        with zipfile.ZipFile(model) as archive:
            size = archive.getinfo(EMBEDDED).file_size
            if size > _LARGEST_EMBEDDED:
                raise ModelFileError(f"{model} says {size:,} bytes of itself ({EMBEDDED}); it was not opened.")
            return parse_json(archive.read(EMBEDDED), f"{EMBEDDED} in {model}", ModelFileError)
    except ModelFileError:
        raise
    # Damaged archives make zipfile raise nearly anything.
    except Exception as error:
        raise ModelFileError(
            f"What {model} says of itself ({EMBEDDED}) is damaged ({type(error).__name__}). Export the model again."
        ) from error


def sidecar_steps(model: Path | str) -> tuple[Step, ...]:
    """Preprocessing steps that `model` was trained with; none when its sidecar says nothing.

    Raises:
        ExportError: the sidecar is damaged or names steps that are unknown here.
    """
    try:
        return parse_steps(read_sidecar(model).get("preprocess"))
    except UsageError as error:
        said = one_line(str(error), 400)
        raise ExportError(f"{sidecar_path(model)}: {said} A newer version of this package may know it.") from error
