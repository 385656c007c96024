"""Augmentation of image and mask together, as a pure function of (seed, epoch, sample index).

Policies load without TensorFlow and OpenCV, so that a configuration can be checked first.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "Policy": "policies",
    "POLICIES": "policies",
    "get_policy": "policies",
    "augment": "stage",
    "sample_seed": "stage",
    "apply": "chain",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
