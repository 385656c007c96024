"""What is looked at before a file of weights or a Keras model of unknown origin is opened.

`load_keras_file` is the one way in for `.keras` files, `check_weights` for files of weights, `Unpickler` for the pickles of
PyTorch. Nothing here imports TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
