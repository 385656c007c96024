"""Reverse-attention U-Nets for skin lesion segmentation, on Keras 3.

Importing `keras_rau` is instant: subpackages load when first used. Our layers, models, losses and metrics
register themselves as soon as `keras` is imported, so `keras.models.load_model` finds them after a bare
`import keras_rau`, in whichever order the two are imported.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import lazy_loader

from keras_rau._version import __version__ as __version__

if find_spec(__name__ + ".datasets") is None:
    raise ImportError(
        "keras_rau is not installed, only its source folder was found (keras_rau.datasets is missing). "
        "Run `pip install -e .` in the repository, or start Python in another folder or with `python -P`."
    )

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _register(_keras: ModuleType) -> None:
    for name in ("layers", "losses", "metrics", "models", "training.building.schedules"):
        import_module(f"{__name__}.{name}")


# A .tflite file is run where neither Keras nor anything that belongs to it is installed.
if find_spec("keras") is not None:
    from wrapt import register_post_import_hook

    register_post_import_hook(_register, "keras")
