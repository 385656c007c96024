"""SavedModel and TFLite export, checked against the Keras model, and prediction with any of them.

Names load when first used: `Predictor` on a `.tflite` file imports neither TensorFlow nor Keras.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "saved_model": "to_saved_model",
    "tflite": "to_tflite",
    "from_file": "model_file",
    "Predictor": "predictor",
    "ParityReport": "parity",
    "compare": "parity",
    "operators": "tflite_operators",
    "read_sidecar": "sidecar",
    "write_sidecar": "sidecar",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_NAMES)
