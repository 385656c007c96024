"""SavedModel and TFLite export, checked against the Keras model, and prediction with any of them.

Names load when first used: `Predictor` on a `.tflite` file imports neither TensorFlow nor Keras.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
