"""Per-image scores, confidence intervals, comparisons, overlays, and masks for files.

Imports neither Keras nor TensorFlow. Names load when first used: predicting needs none of what scoring needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
