"""Dermoscopy data: loading, checking, splitting, and tf.data pipelines.

Names load when first used; only `pipeline` and the augmentation import TensorFlow.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "Sample": "samples",
    "load": "sources.registry",
    "names": "sources.registry",
    "check": "checking",
    "split": "splits",
    "save_split": "splits",
    "read_split": "splits",
    "apply_split": "splits",
    "load_split": "splits",
    "with_groups": "groups",
    "read_image": "decoding",
    "read_mask": "decoding",
    "fit_image": "geometry",
    "fit_mask": "geometry",
    "restore": "geometry",
    "signed_distance": "distance",
    "pipeline": "tf_pipeline",
    "get_policy": "augmentation",
    "draw_phantom": "sources.phantom_drawing",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
