"""Preprocessing of images at the model's size: hair, colour, dark corners, contrast. Masks stay as they are.

Names load when first used; only `preprocess_stage` imports TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
