"""SavedModel and TFLite export, checked against the Keras model, and prediction with any of them.

Names load when first used: `Predictor` on a `.tflite` file imports neither TensorFlow nor Keras.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "saved_model": "to_saved_model",
    "tflite": "to_tflite",
    "tflite_of_all_styles": "all_styles",
    "all_styles_from_file": "all_styles",
    "from_file": "model_file",
    "export_all": "everything",
    "Predictor": "predictor",
    "predict": "predicting",
    "outputs_of": "outputs",
    "ParityReport": "parity",
    "Limits": "parity",
    "compare": "parity",
    "cost_of": "cost",
    "operators": "tflite_operators",
    "read_sidecar": "sidecar",
    "write_sidecar": "sidecar",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
