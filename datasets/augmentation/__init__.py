"""Augmentation of image and mask together, as a pure function of (seed, epoch, sample index).

Policies load without TensorFlow and OpenCV, so that a configuration can be checked first.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
