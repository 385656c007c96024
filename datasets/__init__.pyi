from .augmentation import get_policy as get_policy
from .balancing import image_weights as image_weights
from .classes.description import ClassMasks as ClassMasks
from .classes.parsing import parse_classes as parse_classes
from .classes.reading import read_class_mask as read_class_mask
from .classes.reading import read_sample as read_sample
from .distance import signed_distance as signed_distance
from .downloading.run import download as download
from .feeding.tf_pipeline import pipeline as pipeline
from .geometry import fit_image as fit_image
from .geometry import fit_labels as fit_labels
from .geometry import fit_mask as fit_mask
from .geometry import restore as restore
from .outline_styles import style_numbers as style_numbers
from .preprocessing.stage import preprocess_stage as preprocess_stage
from .preprocessing.steps import preprocess as preprocess
from .reading.checking import check as check
from .reading.cleaning import clean_masks as clean_masks
from .reading.decoding import read_image as read_image
from .reading.decoding import read_mask as read_mask
from .reading.decoding import read_pair as read_pair
from .reading.examination import Examination as Examination
from .reading.examination import examine as examine
from .samples import Sample as Sample
from .sources.phantom_drawing import draw_phantom as draw_phantom
from .sources.registry import load as load
from .sources.registry import names as names
from .sources.registry import survey as survey
from .splitting.duplicates import near_duplicates as near_duplicates
from .splitting.duplicates import write_pairs as write_pairs
from .splitting.folding import folds as folds
from .splitting.groups import with_groups as with_groups
from .splitting.leaking import check_leakage as check_leakage
from .splitting.leaking import leakage as leakage
from .splitting.split_files import (
    apply_split as apply_split,
)
from .splitting.split_files import (
    load_split as load_split,
)
from .splitting.split_files import (
    read_split as read_split,
)
from .splitting.split_files import (
    save_split as save_split,
)
from .splitting.splits import split as split
from .validation.result import Validation as Validation
from .validation.validating import validate as validate

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
