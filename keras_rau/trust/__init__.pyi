from .keras_file import check_keras_file, load_keras_file
from .pickles import Unpickler
from .weights import check_weights

__all__ = [
    "Unpickler",
    "check_keras_file",
    "check_weights",
    "load_keras_file",
]
