"""Dermoscopy data: loading, checking, splitting, and tf.data pipelines.

Names load when first used; only `pipeline` and the augmentation import TensorFlow.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "Sample": "samples",
    "load": "sources.registry",
    "names": "sources.registry",
    "survey": "sources.registry",
    "check": "checking",
    "examine": "examination",
    "Examination": "examination",
    "split": "splits",
    "folds": "folding",
    "save_split": "split_files",
    "read_split": "split_files",
    "apply_split": "split_files",
    "load_split": "split_files",
    "with_groups": "groups",
    "near_duplicates": "duplicates",
    "write_pairs": "duplicates",
    "leakage": "leaking",
    "check_leakage": "leaking",
    "read_image": "decoding",
    "read_mask": "decoding",
    "read_pair": "decoding",
    "fit_image": "geometry",
    "fit_mask": "geometry",
    "restore": "geometry",
    "signed_distance": "distance",
    "pipeline": "tf_pipeline",
    "preprocess": "preprocessing.steps",
    "preprocess_stage": "preprocessing.stage",
    "get_policy": "augmentation",
    "validate": "validation.validating",
    "Validation": "validation.result",
    "draw_phantom": "sources.phantom_drawing",
    "download": "downloading.run",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
