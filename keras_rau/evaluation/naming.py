"""Names of the files that a prediction writes, and which images can have them."""

import os
import re
from pathlib import Path

from keras_rau.outputs import Outputs

_UNFIT = re.compile(r"[^\w.-]+")


def mask_names(image: Path, outputs: Outputs) -> dict[str, str]:
    """Return the name of the mask file of every class.

    Args:
        image: the image.
        outputs: the classes of the model.

    Returns:
        `NAME_mask.png` for one lesion class and, the same for all, for exclusive classes; `NAME_CLASS_mask.png` for
        overlapping classes, with what is unfit for a file name as `_`.

    Example:
        >>> mask_names(Path("a.jpg"), Outputs(("globules", "streaks"), overlapping=True))["streaks"]
        'a_streaks_mask.png'
    """
    if outputs.kind != "overlapping":
        return dict.fromkeys(outputs.foreground, f"{image.stem}_mask.png")
    words = [_UNFIT.sub("_", name) for name in outputs.names]
    if len({word.casefold() for word in words}) < len(words):
        words = [f"{number}_{word}" for number, word in enumerate(words)]
    return {name: f"{image.stem}_{word}_mask.png" for name, word in zip(outputs.names, words, strict=True)}


def overlay_name(image: Path) -> str:
    """Return the name of the picture with the outline drawn in."""
    return f"{image.stem}_overlay.png"


def unfit(image: Path, names: list[str], folder: Path) -> str:
    """Return what is wrong with the name of an image for the files that are to be written; empty when nothing is."""
    try:
        image.name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8 text: rename it"
    longest = max(names, key=lambda name: len(name.encode()))
    limit = _longest_name(folder)
    if len(longest.encode()) > limit:
        return f"its name is too long: {longest[:20]}…{longest[-20:]} has more than {limit} bytes. Rename it"
    return ""


def _longest_name(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return 255
