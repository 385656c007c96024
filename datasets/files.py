"""Finding image and mask files, and pairing them by id."""

import csv
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from keras_rau.errors import DataError

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def existing_folder(root: Path | str) -> Path:
    """Return `root` if it is a folder."""
    path = Path(root)
    if not path.exists():
        raise DataError(f"The folder {path} does not exist.")
    if not path.is_dir():
        raise DataError(f"{path} is a file; name a folder.")
    return path


def image_files(folder: Path) -> list[Path]:
    """Image files right in `folder`, sorted; hidden files and macOS's `._` copies are none."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and not path.is_dir()
    )


def warn_of_others(folder: Path) -> None:
    """Warn of what lies in a folder of images and is passed over; hidden files and `Thumbs.db` go without saying."""
    others = [
        f"{path.name}{'/' if path.is_dir() else ''}"
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.name != "Thumbs.db"
        if path.is_dir() or path.suffix.lower() not in IMAGE_SUFFIXES
    ]
    if others:
        kinds = ", ".join(sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES))
        warnings.warn(
            f"Left out: {listed(f'{len(others)} file(s) or folder(s) in {folder} that are no {kinds}', others)}",
            stacklevel=2,
        )


def by_id(paths: Iterable[Path], identify: Callable[[Path], str | None]) -> dict[str, Path]:
    """Files by id; `identify` returns `None` for files that are not meant.

    Raises:
        DataError: two files have the same id.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = identify(path)
        if name is None:
            continue
        if name in found:
            raise DataError(f"Two files have the id {name}: {found[name]} and {path}. Remove one of them.")
        found[name] = path
    return found


def pair(
    images: dict[str, Path], masks: dict[str, Path], where: Path, unpaired: str = "raise"
) -> list[tuple[str, Path, Path]]:
    """Pairs of image and mask with the same id, sorted by id.

    Args:
        images: image files by id.
        masks: mask files by id.
        where: folder to name in messages.
        unpaired: `"raise"`, or `"drop"` to leave out what has no partner, with a warning that lists it.

    Raises:
        DataError: something has no partner, or nothing is left.
        ValueError: `unpaired` is neither.
    """
    if unpaired not in ("raise", "drop"):
        raise ValueError(f"`unpaired` must be 'raise' or 'drop'. Received: unpaired={unpaired!r}")
    lonely = [f"{images[name]} has no mask" for name in sorted(images.keys() - masks.keys())]
    lonely += [f"{masks[name]} has no image" for name in sorted(masks.keys() - images.keys())]
    if not images and not masks:
        raise DataError(f"No images were found in {where}.")
    if lonely:
        text = listed(f"{len(lonely)} file(s) in {where} have no partner", lonely)
        if unpaired == "raise":
            raise DataError(
                f"{text}\nAdd what is missing, or leave these out with unpaired='drop' "
                "(train: --set data.options.unpaired=drop)."
            )
        warnings.warn(f"Left out: {text}", stacklevel=2)
    names = sorted(images.keys() & masks.keys())
    if not names:
        raise DataError(f"No image in {where} has a mask with the same name.")
    return [(name, images[name], masks[name]) for name in names]


def listed(headline: str, lines: list[str], limit: int = 10) -> str:
    """A headline and at most `limit` of the lines below it."""
    shown = [f"  {line}" for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(f"  … and {len(lines) - limit} more")
    return "\n".join([f"{headline}:", *shown])


def read_table(path: Path, key: str) -> dict[str, dict[str, Any]]:
    """Rows of a CSV file by the value of column `key`; `{}` when there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if key not in (reader.fieldnames or []):
            raise DataError(f"{path} has no column {key!r}. Its columns: {', '.join(reader.fieldnames or [])}")
        return {row[key]: {name: value for name, value in row.items() if name != key} for row in reader}
