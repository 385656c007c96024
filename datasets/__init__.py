"""Dermoscopy data: loading, checking, splitting, and tf.data pipelines.

Names load when first used; only `pipeline` and the augmentation import TensorFlow.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "Sample": "samples",
    "load": "registry",
    "names": "registry",
    "check": "checking",
    "split": "splits",
    "save_split": "splits",
    "read_split": "splits",
    "apply_split": "splits",
    "load_split": "splits",
    "with_groups": "groups",
    "read_image": "decoding",
    "read_mask": "decoding",
    "fit_image": "preprocessing",
    "fit_mask": "preprocessing",
    "restore": "preprocessing",
    "signed_distance": "distance",
    "pipeline": "tf_pipeline",
    "get_policy": "augmentation",
    "draw_phantom": "phantom_drawing",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_NAMES)
