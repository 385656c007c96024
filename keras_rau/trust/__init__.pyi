from .keras_file import check_keras_file as check_keras_file
from .keras_file import load_keras_file as load_keras_file
from .pickles import Unpickler as Unpickler
from .weights import check_weights as check_weights

__all__ = [
    "Unpickler",
    "check_keras_file",
    "check_weights",
    "load_keras_file",
]
