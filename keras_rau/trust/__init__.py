"""What is looked at before a file of weights or a Keras model of unknown origin is opened.

`load_keras_file` is the one way in for `.keras` files, `check_weights` for files of weights, `Unpickler` for the pickles of
PyTorch. Nothing here imports TensorFlow.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "load_keras_file": "keras_file",
    "check_keras_file": "keras_file",
    "check_weights": "weights",
    "Unpickler": "pickles",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
