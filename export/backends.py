"""The three kinds of model file behind one small interface; each imports only what it needs."""

import os
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from keras_rau.errors import ExportError, ModelFileError
from keras_rau.export.programs.form import Form, Port, check_form
from keras_rau.export.programs.opening import TYPES, check_program, check_readable
from keras_rau.export.sidecar import check_unchanged
from keras_rau.export.styles import check_stated_style, chosen_of, with_stated_styles
from keras_rau.strangers import one_line


class Backend(Protocol):
    """A loaded model."""

    size: tuple[int, int] | None
    channels: int | None

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Map float32 `(B, H, W, 3)` to float32 `(B, H, W, channels)`."""


def open_backend(path: Path | str, threads: int | None, trust: bool = False, style: Any = None) -> Backend:
    """Load a `.keras` file, a `.tflite` file or a SavedModel folder.

    Args:
        path: the model.
        threads: of a `.tflite` file.
        trust: load a SavedModel or `.tflite` file without a look at what it does, see `check_program`.
        style: outline style, see `keras_rau.outline_styles.choose_style`.

    Raises:
        ExportError: nothing is there, it is damaged, hostile, of another kind or form, or not the file that its sidecar was
            written for.
        RauError: the model has no such style.
    """
    path = Path(path)
    if not path.exists():
        raise ExportError(f"The model {path} does not exist.")
    check_readable(path)
    check_unchanged(path)
    if path.is_dir():
        if not (path / "saved_model.pb").exists():
            raise ExportError(
                f"The folder {path} is neither a SavedModel (saved_model.pb) nor a run directory "
                "(checkpoints/best.keras)."
            )
        check_stated_style(path, style)
        check_program(path, trust)
        return SavedModelBackend(path)
    if path.suffix == ".keras":
        return KerasBackend(path, style)
    if path.suffix == ".tflite":
        check_program(path, trust)
        return with_stated_styles(path, lambda: TFLiteBackend(path, threads), style)
    raise ExportError(
        f"Models are .keras files, .tflite files and SavedModel folders; pickles and others are not opened. Received: {path}"
    )


class KerasBackend:
    """A Keras model file, loaded in safe mode."""

    def __init__(self, path: Path, style: Any = None) -> None:
        from keras_rau.export.checks import FLOATS, form_of, load_keras, model_size

        model = load_keras(path)
        self.choice = None if style is None else chosen_of(model, style)
        self.model = model.with_style(self.choice) if self.choice and model.outline_styles else model
        check_form(form_of(self.model), path, types=FLOATS, named=False)
        self.size, self.channels = model_size(self.model), None

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Predict."""
        return np.asarray(self.model.predict_on_batch(batch), np.float32)

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the outline styles; none where one was chosen, because it is folded in."""
        return tuple(getattr(self.model, "outline_styles", ()))

    @cached_property
    def style_key(self) -> str | None:
        """See `keras_rau.models.styles.style_key`."""
        from keras_rau.models.styles import style_key

        return style_key(self.model)

    def maps(self, batch: np.ndarray) -> np.ndarray:
        """Logits of the default map and of each style, `(B, h, w, K + 1)`."""
        return np.asarray(self._all_maps.predict_on_batch(batch), np.float32)

    @cached_property
    def _all_maps(self) -> Any:
        from keras_rau.models.styles import all_maps

        return all_maps(self.model)


def _ports(specs: dict[str, Any]) -> list[Port]:
    return [Port(name, tuple(spec.shape or ()), spec.dtype.name) for name, spec in specs.items()]


def as_function(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    """A Keras model as a function of arrays; compiled, which is many times faster image by image."""
    import tensorflow as tf

    run = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    return lambda batch: run(tf.constant(batch, tf.float32)).numpy()


class SavedModelBackend:
    """A SavedModel with our signature."""

    def __init__(self, path: Path) -> None:
        import tensorflow as tf

        try:
            self.module = tf.saved_model.load(str(path))
            self.function = self.module.signatures["serving_default"]
            taken, given = self.function.structured_input_signature[1], self.function.structured_outputs
            check_form(Form(_ports(taken), _ports(given)), path)
            spec = taken["image"]
        except ModelFileError:
            raise
        # What is wrong inside of a graph TensorFlow says in many ways.
        except Exception as error:
            reason = one_line(str(error).splitlines()[0] if str(error) else type(error).__name__, 300)
            raise ExportError(
                f"{path} is not a SavedModel with a signature from `image` to `mask`: {reason}"
            ) from error
        height, width = spec.shape[1:3]
        self.size = None if height is None or width is None else (int(height), int(width))
        self.channels = self.function.structured_outputs["mask"].shape[-1]
        self.convert = tf.constant

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Predict."""
        return self.function(image=self.convert(batch, "float32"))["mask"].numpy()


class TFLiteBackend:
    """A TFLite file; needs neither TensorFlow nor Keras. Of a file that takes and gives integers, floats are made of them."""

    def __init__(self, path: Path, threads: int | None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        count = threads or min(4, os.cpu_count() or 1)
        try:
            self.interpreter = Interpreter(model_path=str(path), num_threads=count)
            self.interpreter.allocate_tensors()
            self.signature = self.interpreter.get_signature_runner("serving_default")
            taken, given = self.signature.get_input_details(), self.signature.get_output_details()
        except (ValueError, RuntimeError, KeyError) as error:
            raise ExportError(
                f"{path} is not a TFLite model with a signature from `image` to `mask`: {error}"
            ) from error
        check_form(Form(_details(taken), _details(given)), path, types=TYPES)
        self.input, self.output = taken["image"], given["mask"]
        self.size = (int(self.input["shape"][1]), int(self.input["shape"][2]))
        self.channels = int(self.output["shape"][-1])
        # An interpreter has one set of buffers.
        self.lock = threading.Lock()

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Predict, image by image."""
        images = _quantised(np.asarray(batch, np.float32), self.input)
        with self.lock:
            maps = np.concatenate([self.signature(image=image[None])["mask"].copy() for image in images])
        return _as_floats(maps, self.output)


def _details(details: dict[str, Any]) -> list[Port]:
    return [
        Port(name, tuple(int(side) for side in detail["shape"]), np.dtype(detail["dtype"]).name)
        for name, detail in details.items()
    ]


def _quantised(values: np.ndarray, detail: dict) -> np.ndarray:
    kind = np.dtype(detail["dtype"])
    if kind.kind == "f":
        return values
    scale, zero = detail["quantization"]
    limits = np.iinfo(kind)
    return np.clip(np.rint(values / scale) + zero, limits.min, limits.max).astype(kind)


def _as_floats(values: np.ndarray, detail: dict) -> np.ndarray:
    if values.dtype.kind == "f":
        return values
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale)
