"""Dermoscopy data: loading, checking, splitting, and tf.data pipelines.

Names load when first used; only `pipeline` and the augmentation import TensorFlow.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "Sample": "samples",
    "load": "sources.registry",
    "names": "sources.registry",
    "survey": "sources.registry",
    "check": "reading.checking",
    "examine": "reading.examination",
    "Examination": "reading.examination",
    "split": "splitting.splits",
    "folds": "splitting.folding",
    "save_split": "splitting.split_files",
    "read_split": "splitting.split_files",
    "apply_split": "splitting.split_files",
    "load_split": "splitting.split_files",
    "with_groups": "splitting.groups",
    "near_duplicates": "splitting.duplicates",
    "write_pairs": "splitting.duplicates",
    "leakage": "splitting.leaking",
    "check_leakage": "splitting.leaking",
    "read_image": "reading.decoding",
    "read_mask": "reading.decoding",
    "read_pair": "reading.decoding",
    "clean_masks": "reading.cleaning",
    "read_sample": "classes.reading",
    "read_class_mask": "classes.reading",
    "parse_classes": "classes.parsing",
    "ClassMasks": "classes.description",
    "fit_image": "geometry",
    "fit_mask": "geometry",
    "fit_labels": "geometry",
    "restore": "geometry",
    "signed_distance": "distance",
    "pipeline": "feeding.tf_pipeline",
    "image_weights": "balancing",
    "style_numbers": "outline_styles",
    "preprocess": "preprocessing.steps",
    "preprocess_stage": "preprocessing.stage",
    "get_policy": "augmentation",
    "validate": "validation.validating",
    "Validation": "validation.result",
    "draw_phantom": "sources.phantom_drawing",
    "download": "downloading.run",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
