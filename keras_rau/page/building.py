"""Putting the page, the model and LiteRT.js into one folder that any web server can serve."""

import base64
import hashlib
import http.client
import io
import json
import shutil
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.errors import ExportError
from keras_rau.export.backends import open_backend
from keras_rau.export.class_colours import class_colours
from keras_rau.export.outputs import outputs_of
from keras_rau.export.programs.opening import check_program
from keras_rau.export.sidecar import read_sidecar
from keras_rau.export.writing import new_output
from keras_rau.outputs import Outputs
from keras_rau.strangers import one_line

FILES = Path(__file__).parent / "files"
REGISTRY = "https://registry.npmjs.org"
_LITERT = "2.5.3"
_LARGEST = 64 << 20  # bytes of an archive
# By package: what npm says of its archive, and which of its files go where. Apache-2.0.
_PACKAGES = {
    "core": (
        "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
        {
            "dist/index.js": "core.js",
            **{
                f"wasm/litert_wasm_{kind}internal.{suffix}": f"wasm/litert_wasm_{kind}internal.{suffix}"
                for kind in ("", "compat_")
                for suffix in ("js", "wasm")
            },
        },
    ),
    "wasm-utils": (
        "sha512-4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
        {"dist/index.js": "wasm-utils.js"},
    ),
}


def build_page(model: Path | str, output: Path | str, registry: str = REGISTRY, *, trust: bool = False) -> Path:
    """Write a folder with the page, a model, and LiteRT.js fetched from npm (20 MB, checked by its hash).

    The folder works offline from any web server, such as `python -m http.server`.

    Args:
        model: `.tflite` file from `export.tflite`, of one lesion class or several, whose images need no preprocessing.
        output: new or empty folder.
        registry: address of npm packages.
        trust: put a file in whatever it does, see `keras_rau.export.Predictor`.

    Returns:
        The folder.

    Raises:
        ExportError: the model cannot be used in the page, is hostile, the folder is taken, or LiteRT.js cannot be fetched.

    Example:
        >>> build_page(pretrained.tflite_file("rau_net_lite"), Path("page"))
    """
    model = Path(model)
    if model.suffix != ".tflite":
        raise ExportError(
            f"The page runs .tflite files: write one with keras-rau export --format tflite. Received: {model}"
        )
    check_program(model, trust)
    info = read_sidecar(model)
    if info.get("preprocess"):
        raise ExportError(f"The images of {model} must be preprocessed, which the page cannot do.")
    if info.get("outline_styles"):
        raise ExportError(
            f"{model} holds the maps of several outline styles, which the page cannot mix: export one with keras-rau export "
            "--style NAME."
        )
    if "image_size" not in info:
        raise ExportError(f"{model} says nothing of itself, nor does a JSON file beside it. Export the model again.")
    outputs = _checked_outputs(model, info, trust)
    archives = {name: _fetched(name, registry) for name in _PACKAGES}
    output = new_output(output)
    shutil.copytree(FILES, output, dirs_exist_ok=True)
    for name, archive in archives.items():
        _unpack(archive, _PACKAGES[name][1], output / "litert")
    shutil.copy(model, output / "model.tflite")
    known = ("name", "image_size", "resize", "threshold", "precision", "licence", "keras_rau")
    about = {key: info[key] for key in known if key in info}
    about |= {"kind": outputs.kind, "names": list(outputs.names), "colours": class_colours(outputs)}
    (output / "model.json").write_text(json.dumps(about, indent=1) + "\n")
    return output


def _checked_outputs(model: Path, info: dict[str, Any], trust: bool) -> Outputs:
    """Classes of a file whose numbers the page understands.

    Raises:
        ExportError: it gives logits, counts otherwise than our exports, or cannot be run.
    """
    backend = open_backend(model, None, trust=trust)
    outputs = outputs_of(info, channels=backend.channels, name=str(model))
    if outputs.logits:
        raise ExportError(f"{model} gives logits. Export the model again: exports give probabilities.")
    for detail, scale in ((backend.input, 1.0), (backend.output, 1 / 256)):
        kind = np.dtype(detail["dtype"])
        step, zero = detail["quantization"]
        counts_alike = kind == np.uint8 and zero == 0 and abs(step - scale) < 1e-6
        if kind != np.float32 and not counts_alike:
            raise ExportError(
                f"{model} counts in {kind} of steps of {step:.6g}; the page knows float32, and uint8 as export.tflite "
                "writes it. Export the model again."
            )
    return outputs


def page_files() -> set[str]:
    """Return the names of the files that make up the page, with `/` between folders."""
    own = {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()}
    fetched = {f"litert/{name}" for _, wanted in _PACKAGES.values() for name in wanted.values()}
    return {*own, *fetched, "model.tflite", "model.json"}


def _fetched(name: str, registry: str) -> bytes:
    address = f"{registry.rstrip('/')}/@litertjs/{name}/-/{name}-{_LITERT}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content = answer.read(_LARGEST)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = one_line(next(iter(str(error).splitlines()), type(error).__name__))
        raise ExportError(f"{address} cannot be fetched: {reason}. Name another registry with --registry.") from error
    found = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
    if found != _PACKAGES[name][0]:
        raise ExportError(f"{address} is not the file that it should be: its SHA-512 differs.")
    return content


def _unpack(archive: bytes, wanted: dict[str, str], folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        for inside, outside in wanted.items():
            target = folder / outside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files.extractfile(f"package/{inside}").read())
