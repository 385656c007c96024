from .all_styles import all_styles_from_file as all_styles_from_file
from .all_styles import tflite_of_all_styles as tflite_of_all_styles
from .cost import cost_of as cost_of
from .everything import export_all as export_all
from .model_file import from_file as from_file
from .outputs import outputs_of as outputs_of
from .parity import Limits as Limits
from .parity import ParityReport as ParityReport
from .parity import compare as compare
from .predicting import predict as predict
from .predictor import Predictor as Predictor
from .sidecar import read_sidecar as read_sidecar
from .sidecar import write_sidecar as write_sidecar
from .tflite_operators import operators as operators
from .to_saved_model import saved_model as saved_model
from .to_tflite import tflite as tflite

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
