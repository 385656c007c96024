"""The trained weights that come with the package: where they lie, and what is told about them.

For each name of `names()` this folder holds `NAME.weights.h5` (float16, for Keras), `NAME.tflite` (float16, runs without
TensorFlow), `NAME.tflite.json` (its sidecar: input size, threshold, split) and `NAME.md` (the model card). Imports
neither Keras nor TensorFlow.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
DEFAULT = "rau_net_lite"  # what `keras-rau predict` uses when no model is named


def names() -> list[str]:
    """Presets that come with trained weights.

    Example:
        >>> names()
        ['rau_net_lite', 'rau_net_nano']
    """
    return sorted(path.name.removesuffix(".weights.h5") for path in FOLDER.glob("*.weights.h5"))


def weights_file(name: str) -> Path:
    """The Keras weights of a preset of `names()`."""
    return FOLDER / f"{name}.weights.h5"


def tflite_file(name: str) -> Path:
    """The TFLite file of a preset of `names()`; its sidecar lies beside it."""
    return FOLDER / f"{name}.tflite"


def card_file(name: str) -> Path:
    """The model card of a preset of `names()`, Markdown."""
    return FOLDER / f"{name}.md"
