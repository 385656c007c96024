from .all_styles import all_styles_from_file, tflite_of_all_styles
from .cost import cost_of
from .everything import export_all
from .model_file import from_file
from .outputs import outputs_of
from .parity import Limits, ParityReport, compare
from .predicting import predict
from .predictor import Predictor
from .sidecar import read_sidecar, write_sidecar
from .tflite_operators import operators
from .to_saved_model import saved_model
from .to_tflite import tflite

__all__ = [
    "Limits",
    "ParityReport",
    "Predictor",
    "all_styles_from_file",
    "compare",
    "cost_of",
    "export_all",
    "from_file",
    "operators",
    "outputs_of",
    "predict",
    "read_sidecar",
    "saved_model",
    "tflite",
    "tflite_of_all_styles",
    "write_sidecar",
]
