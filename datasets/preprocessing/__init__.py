"""Preprocessing of images at the model's size: hair, colour, dark corners, contrast. Masks stay as they are.

Names load when first used; only `preprocess_stage` imports TensorFlow.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "Step": "steps",
    "names": "steps",
    "parse_steps": "steps",
    "as_config": "steps",
    "preprocess": "steps",
    "preprocess_stage": "stage",
    "find_hair": "hair",
    "remove_hair": "hair",
    "find_vignette": "vignette",
    "remove_vignette": "vignette",
    "shades_of_grey": "colour",
    "grey_world": "colour",
    "enhance_contrast": "colour",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
