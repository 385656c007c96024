"""Opening image files of the kinds that are documented, and saying what is wrong with those that are none."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from keras_rau.datasets.reading.content import (
    FileProblem,
    check_pixels,
    enough_memory,
    opened_file,
    read_content,
    unreadable,
)
from keras_rau.datasets.reading.depth import FULL, jpeg2000_depth, tiff_depth
from keras_rau.datasets.reading.pictures import pictures

__all__ = ["FORMATS", "FileProblem", "Header", "Opened", "header", "open_file"]

# Tags of TIFF, the first also of EXIF.
_ORIENTATION, _WIDTH, _HEIGHT, _BITS_PER_SAMPLE, _MAX_SAMPLE_VALUE = 274, 256, 257, 258, 281
# The only readers that ever see a file: format -> first bytes and reader. Others of Pillow start programs (EPS) or are old.
_READERS: dict[str, tuple[tuple[bytes, ...], Callable[[BinaryIO], Image.Image]]] = {
    "JPEG": ((b"\xff\xd8\xff",), JpegImagePlugin.jpeg_factory),
    "PNG": ((b"\x89PNG\r\n\x1a\n",), PngImagePlugin.PngImageFile),
    "BMP": ((b"BM",), BmpImagePlugin.BmpImageFile),
    "TIFF": ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImagePlugin.TiffImageFile),
    "GIF": ((b"GIF87a", b"GIF89a"), GifImagePlugin.GifImageFile),
    "WEBP": ((b"RIFF",), WebPImagePlugin.WebPImageFile),
    "JPEG2000": ((b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  \x0d\x0a\x87\x0a"), Jpeg2KImagePlugin.Jpeg2KImageFile),
}
FORMATS = tuple(_READERS)
# What lies in folders under the name of an image: its first bytes -> what it is and what to do.
_NO_IMAGES = (
    (b"<", "is a web page or another text, no image: its download failed. Fetch it again."),
    (b"version https://git-lfs", "is a pointer of Git LFS, no image. Run `git lfs pull`."),
    (b"PK\x03\x04", "is a ZIP archive, no image. Unpack it."),
    (b"%PDF", "is a PDF document, no image. Save the picture in it as PNG."),
    (b"%!PS", "is a PostScript file, which is a program and never run. Save the picture in it as PNG."),
    (b"\xc5\xd0\xd3\xc6", "is a PostScript file, which is a program and never run. Save the picture in it as PNG."),
)
_PHOTOS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF", b"avis": "AVIF"}


@dataclass(frozen=True)
class Header:
    """What is known of a file without its pixels.

    Attributes:
        format: what the content is, such as `"JPEG"`.
        mode: Pillow's name of its kind of pixels.
        size: height and width of the upright picture.
    """

    format: str
    mode: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Opened:
    """A decoded file.

    Attributes:
        path: the file.
        format: what the content is, such as `"JPEG"`, whatever the name says.
        frames: number of pictures in it, see `pictures`; the first is read.
        orientation: EXIF orientation, 1 to 8.
        turned: whether the pixels lie upright already, as Pillow and OpenCV give those of TIFF files; otherwise they lie
            as they are stored.
        image: the first picture.
        deep: uint16 RGB or RGBA `(H, W, C)` of a picture of 16 bits per colour, which Pillow cuts to 8; otherwise `None`.
        depth: how many bits of 16 the file says that its values use; `None` when it does not say so.
    """

    path: Path
    format: str
    frames: int
    orientation: int
    turned: bool
    image: Image.Image
    deep: np.ndarray | None
    depth: int | None = None


def open_file(path: Path | str) -> Opened:
    """Decode a file by its content.

    Raises:
        FileProblem: the file is missing, empty, truncated, too large, no regular file or no image of a kind in `FORMATS`.
    """
    path = Path(path)
    data = read_content(path)
    with _one_problem(path):
        image = _recognised(path, data, io.BytesIO(data))
        check_pixels(path, *_stored_size(image))
        # In this order, because the EXIF data of a PNG file may come after its pixels.
        is_deep, orientation = _is_deep(image, data), _orientation(image)
        if _is_bmp_of_two_greys(image, data):
            return Opened(path, "BMP", 1, 1, False, _by_opencv(data), None)
        depth = _depth(image, data)
        deep = _deep(path, data) if is_deep else None
        # The pixels that OpenCV gave need not be decoded twice.
        if deep is None or image.format != "JPEG2000":
            image.load()
    return Opened(
        path, image.format or "", pictures(image, data), orientation, image.format == "TIFF", image, deep, depth
    )


def header(path: Path | str) -> Header:
    """Kind and upright size of a picture, without decoding it.

    Raises:
        FileProblem: the file is missing, no regular file or no image, or has too many pixels.
    """
    path = Path(path)
    with opened_file(path) as file, _one_problem(path):
        start = file.read(256)
        file.seek(0)
        image = _recognised(path, start, file)
        width, height = _stored_size(image)
        check_pixels(path, width, height)
        size = (width, height) if _orientation(image) >= 5 else (height, width)
        return Header(image.format or "", image.mode, size)


@contextmanager
def _one_problem(path: Path) -> Iterator[None]:
    """Turn whatever a reader raises over damaged bytes into one problem of the file."""
    try:
        with enough_memory(path):
            yield
    except FileProblem:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise unreadable(path, _DAMAGED.format(reason)) from error


_DAMAGED = "cannot be read as an image, it is cut off or damaged: {}. Fetch it again or remove it."


def _recognised(path: Path, start: bytes, file: BinaryIO) -> Image.Image:
    """Open the picture with the one reader that its first bytes name; nothing of it is decoded yet.

    Raises:
        FileProblem: they are those of no image that is read.
    """
    for name, (signatures, reader) in _READERS.items():
        if start.startswith(signatures) and (name != "WEBP" or start[8:12] == b"WEBP"):
            if name == "WEBP":
                # Its reader sets memory aside for the whole picture at once.
                check_pixels(path, *_webp_size(start))
            image = reader(file)
            if name == "TIFF":
                _check_strips(image)
            return image
    raise _no_image(path, start if len(start) != 256 else start + file.read(4096))


def _check_strips(image: Image.Image) -> None:
    """Refuse a TIFF file whose strips or tiles do not fill its picture: Pillow leaves the rest black."""
    # Of a file that libtiff reads, Pillow knows of one tile, and libtiff says what is missing.
    known = sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in image.tile)
    width, height = image.size
    if known < width * height:
        raise OSError(f"its strips hold {known:,} of {width * height:,} pixels")


def _webp_size(start: bytes) -> tuple[int, int]:
    """Width and height in the header of a WebP file."""

    def number(at: int, length: int) -> int:
        return int.from_bytes(start[at : at + length], "little")

    kind = start[12:16]
    if kind == b"VP8X":
        return number(24, 3) + 1, number(27, 3) + 1
    if kind == b"VP8L":
        return (number(21, 4) & 0x3FFF) + 1, (number(21, 4) >> 14 & 0x3FFF) + 1
    return number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF


def _stored_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as stored; those that Pillow gives of a TIFF file are turned or not, depending on its version."""
    if image.format == "TIFF":
        return int(image.tag_v2[_WIDTH]), int(image.tag_v2[_HEIGHT])
    return image.size


def _no_image(path: Path, data: bytes) -> FileProblem:
    if not data:
        return FileProblem("file_empty", f"{path} is empty (0 bytes). Fetch it again or remove it.")
    if not any(data):
        return FileProblem("file_empty", f"{path} holds nothing but zero bytes. Fetch it again or remove it.")
    if data[128:132] == b"DICM":
        return unreadable(path, "is a DICOM file. Export it as PNG.")
    if data[4:8] == b"ftyp" and data[8:12] in _PHOTOS:
        return unreadable(path, f"is a {_PHOTOS[data[8:12]]} photo. Export it as JPEG.")
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    known = [what for first, what in _NO_IMAGES if start.startswith(first)]
    kinds = ", ".join(FORMATS)
    other = f"is damaged or no image of a kind that is read ({kinds}). Fetch it again, save it as PNG, or remove it."
    return unreadable(path, known[0] if known else other)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    # A damaged EXIF block says nothing.
    except Exception:
        return 1
    return int(value) if value in range(1, 9) else 1


def _is_bmp_of_two_greys(image: Image.Image, data: bytes) -> bool:
    """Whether a BMP file is one of 4 or 8 bits whose palette has few greys: Pillow reads its bytes as pixels of 1 bit."""
    bits = int.from_bytes(data[28:30], "little")
    return image.format == "BMP" and (image.mode, bits) in (("1", 4), ("1", 8), ("L", 4))


def _by_opencv(data: bytes) -> Image.Image:
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if values is None:
        raise OSError("OpenCV cannot read it")
    return Image.fromarray(values)


def _numbers(image: Any, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    """Values of a tag of a TIFF file."""
    found = image.tag_v2.get(tag, default)
    found = found if isinstance(found, tuple) else (found,)
    return found if all(isinstance(value, int) for value in found) else default


def _is_deep(image: Image.Image, data: bytes) -> bool:
    """Whether the file has 16 bits for each of several channels."""
    if image.format == "TIFF":
        bits = _numbers(image, _BITS_PER_SAMPLE, (1,))
        return len(bits) > 1 and max(bits) == FULL
    if image.format == "JPEG2000":
        return image.mode in ("RGB", "RGBA") and jpeg2000_depth(data) == FULL
    return image.format == "PNG" and image.mode != "I;16" and any(";16" in str(tile[3]) for tile in image.tile)


def _depth(image: Image.Image, data: bytes) -> int | None:
    if image.format == "TIFF":
        return tiff_depth(_numbers(image, _BITS_PER_SAMPLE, (1,)), _numbers(image, _MAX_SAMPLE_VALUE, ()))
    bits = jpeg2000_depth(data) if image.format == "JPEG2000" else None
    # Pillow has scaled values of fewer bits to all 16.
    return FULL if bits is not None and bits < FULL else None


def _deep(path: Path, data: bytes) -> np.ndarray:
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] not in (3, 4):
        raise unreadable(path, "has 16 bits per channel in an unusual form. Save it with 8 bits per channel.")
    return values[..., [2, 1, 0, 3][: values.shape[2]]]
