"""Finding image files, and speaking of many files in a few lines."""

import stat
import unicodedata
import warnings
from pathlib import Path, PurePath

from keras_rau.csv_text import printable
from keras_rau.errors import DataError
from keras_rau.strangers import one_line

# Suffix -> the format that it promises. Every format that is decoded is found in folders by all its usual suffixes.
SUFFIX_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".jif": "JPEG",
    ".mpo": "JPEG",
    ".png": "PNG",
    ".apng": "PNG",
    ".bmp": "BMP",
    ".dib": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".jp2": "JPEG2000",
    ".j2k": "JPEG2000",
    ".j2c": "JPEG2000",
    ".jpc": "JPEG2000",
    ".jpf": "JPEG2000",
    ".jpx": "JPEG2000",
}
IMAGE_SUFFIXES = set(SUFFIX_FORMATS)
IMAGE_KINDS = "JPEG, PNG, BMP, TIFF, GIF, WebP or JPEG 2000"
# What macOS and Windows leave in folders, in lower case; names that begin with a dot go without saying.
_LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin", "system volume information"}


def existing_folder(root: Path | str) -> Path:
    """Return `root` if it is a folder."""
    path = Path(root)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"The folder {path} does not exist.") from error
    # A name that is too long, holds a null character or leads in circles, or a folder above that is closed.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"The folder {one_line(printable(str(path)))} cannot be read: {reason}.") from error
    if not stat.S_ISDIR(mode):
        raise DataError(f"{path} is a file; name a folder.")
    return path


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is a hidden one, or one that an operating system left."""
    return name.startswith(".") or name.lower() in _LITTER


def composed(text: str) -> str:
    """`text` with every accented letter as one character; macOS stores names with letter and accent apart."""
    return unicodedata.normalize("NFC", text)


def is_image(path: PurePath) -> bool:
    """Whether the suffix is one of an image file."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """Image files right in `folder`, sorted; hidden files and macOS's `._` copies are none."""
    return sorted(
        path for path in folder.iterdir() if is_image(path) and not is_litter(path.name) and not path.is_dir()
    )


def warn_of_others(folder: Path) -> None:
    """Warn of what lies in a folder of images and is passed over; hidden files and `Thumbs.db` go without saying."""
    others = [
        f"{path.name}{'/' if path.is_dir() else ''}"
        for path in sorted(folder.iterdir())
        if not is_litter(path.name) and (path.is_dir() or not is_image(path))
    ]
    if others:
        warnings.warn(
            f"Left out: {listed(f'{len(others)} file(s) or folder(s) in {folder} that are not {IMAGE_KINDS}', others)}",
            stacklevel=2,
        )


def listed(headline: str, lines: list[str], limit: int = 10) -> str:
    """A headline and at most `limit` of the lines below it."""
    shown = [f"  {line}" for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(f"  … and {len(lines) - limit} more")
    return "\n".join([f"{headline}:", *shown])
