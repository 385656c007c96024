"""Names of ISIC files: `ISIC_` and seven digits, and what follows."""

import re
from pathlib import Path

_NAME = re.compile(r"(ISIC_\d{7})(_segmentation|_superpixels)?", re.IGNORECASE)


def identify_image(path: Path) -> str | None:
    """Id of an image file."""
    return _identify(path, "")


def identify_mask(path: Path) -> str | None:
    """Id of a lesion mask."""
    return _identify(path, "_segmentation")


def is_superpixels(path: Path) -> bool:
    """Whether a file holds superpixels, which the 2017 archives have among the images."""
    return _identify(path, "_superpixels") is not None


def _identify(path: Path, ending: str) -> str | None:
    match = _NAME.fullmatch(path.stem)
    return match.group(1).upper() if match and (match.group(2) or "").lower() == ending else None
