"""Images and masks by id, and the pairs of both."""

from collections.abc import Callable, Iterable
from pathlib import Path

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.reading.content import FileProblem, check_kind

# id, image, mask
Pair = tuple[str, Path, Path]


def check_unpaired(unpaired: str) -> None:
    """Refuse another value than `"raise"` and `"drop"`."""
    if unpaired not in ("raise", "drop"):
        raise ValueError(f"`unpaired` must be 'raise' or 'drop'. Received: unpaired={unpaired!r}")


def keep_one(*_: Path) -> str:
    """Return what to do about two files of one official name."""
    return "Keep one of them here, and move the other out of the data set."


def by_id(
    paths: Iterable[Path],
    identify: Callable[[Path], str | None],
    listing: Listing,
    advice: Callable[[Path, Path], str] = keep_one,
) -> dict[str, Path]:
    """Files by id.

    Args:
        paths: files.
        identify: returns the id of a file, or `None` when it is not meant.
        listing: takes a finding for every further file of an id.
        advice: says what to do about two files of one id.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = identify(path)
        if name is None:
            continue
        first = found.setdefault(name, path)
        # Two links to one file are no second picture.
        if first is not path and not (first.exists() and path.exists() and first.samefile(path)):
            text = f"Two files have the id {name}: {first} and {path}. {advice(first, path)}"
            listing.add("id_twice", text, path, name)
    return found


def pair(
    images: dict[str, Path], masks: dict[str, Path], where: Path, listing: Listing, unpaired: str = "raise"
) -> list[Pair]:
    """Pairs of image and mask with the same id, sorted by id.

    Args:
        images: image files by id.
        masks: mask files by id.
        where: folder to name in messages.
        listing: takes a finding for what has no partner, is empty or is a broken link.
        unpaired: `"drop"` to make what has no partner a warning instead of an error.
    """
    check_unpaired(unpaired)
    if not images and not masks:
        listing.add("no_images", f"No images were found in {where}.", where)
        return []
    dropped = unpaired == "drop"
    for name in sorted(images.keys() - masks.keys()):
        kind = "unpaired_left_out" if dropped else "mask_missing"
        listing.add(kind, f"{images[name]} has no mask", images[name], name)
    for name in sorted(masks.keys() - images.keys()):
        kind = "unpaired_left_out" if dropped else "image_missing"
        listing.add(kind, f"{masks[name]} has no image", masks[name], name)
    names = sorted(images.keys() & masks.keys())
    if not names:
        listing.add("no_images", f"No image in {where} has a mask with the same name.", where)
    found = []
    for name in names:
        both = [_has_content(path, name, listing) for path in (images[name], masks[name])]
        if all(both):
            found.append((name, images[name], masks[name]))
    return found


def _has_content(path: Path, name: str, listing: Listing) -> bool:
    try:
        found = path.stat()
        check_kind(path, found)
    except FileProblem as problem:
        listing.add(problem.kind, problem.message, path, name)
        return False
    except FileNotFoundError:
        listing.add("file_unreadable", f"{path} is a link to a file that does not exist.", path, name)
        return False
    except OSError as error:
        listing.add("file_unreadable", f"{path} cannot be read: {error.strerror}.", path, name)
        return False
    if found.st_size == 0:
        listing.add("file_empty", f"{path} is empty (0 bytes). Copy or download it again.", path, name)
    return found.st_size > 0
