"""Dermoscopy data: loading, checking, splitting, and tf.data pipelines.

Names load when first used; only `pipeline` and the augmentation import TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
