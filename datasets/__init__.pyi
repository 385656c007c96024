from .augmentation import get_policy
from .balancing import image_weights
from .classes.description import ClassMasks
from .classes.parsing import parse_classes
from .classes.reading import read_class_mask, read_sample
from .distance import signed_distance
from .downloading.run import download
from .feeding.tf_pipeline import pipeline
from .geometry import fit_image, fit_labels, fit_mask, restore
from .outline_styles import style_numbers
from .preprocessing.stage import preprocess_stage
from .preprocessing.steps import preprocess
from .reading.checking import check
from .reading.cleaning import clean_masks
from .reading.decoding import read_image, read_mask, read_pair
from .reading.examination import Examination, examine
from .samples import Sample
from .sources.phantom_drawing import draw_phantom
from .sources.registry import load, names, survey
from .splitting.duplicates import near_duplicates, write_pairs
from .splitting.folding import folds
from .splitting.groups import with_groups
from .splitting.leaking import check_leakage, leakage
from .splitting.split_files import apply_split, load_split, read_split, save_split
from .splitting.splits import split
from .validation.result import Validation
from .validation.validating import validate

__all__ = [
    "ClassMasks",
    "Examination",
    "Sample",
    "Validation",
    "apply_split",
    "check",
    "check_leakage",
    "clean_masks",
    "download",
    "draw_phantom",
    "examine",
    "fit_image",
    "fit_labels",
    "fit_mask",
    "folds",
    "get_policy",
    "image_weights",
    "leakage",
    "load",
    "load_split",
    "names",
    "near_duplicates",
    "parse_classes",
    "pipeline",
    "preprocess",
    "preprocess_stage",
    "read_class_mask",
    "read_image",
    "read_mask",
    "read_pair",
    "read_sample",
    "read_split",
    "restore",
    "save_split",
    "signed_distance",
    "split",
    "style_numbers",
    "survey",
    "validate",
    "with_groups",
    "write_pairs",
]
