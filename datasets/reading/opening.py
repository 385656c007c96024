"""Opening image files of whatever kind, and saying what is wrong with those that are none."""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from keras_rau.errors import DataError

_ORIENTATION, _WIDTH, _HEIGHT, _BITS_PER_SAMPLE = 274, 256, 257, 258  # tags of TIFF, the first also of EXIF
# What lies in folders under the name of an image: its first bytes -> what it is and what to do.
_NO_IMAGES = (
    (b"<", "is a web page or another text, no image: its download failed. Fetch it again."),
    (b"version https://git-lfs", "is a pointer of Git LFS, no image. Run `git lfs pull`."),
    (b"PK\x03\x04", "is a ZIP archive, no image. Unpack it."),
    (b"%PDF", "is a PDF document, no image. Save the picture in it as PNG."),
)
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1")


class FileProblem(DataError):
    """What is wrong with a file.

    Args:
        kind: the kind of finding, one of `findings.KINDS`.
        message: one line that names the file and says what to do.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Opened:
    """A decoded file.

    Attributes:
        path: the file.
        format: what the content is, such as `"JPEG"`, whatever the name says.
        frames: number of pictures in it, of which the first is read; previews that cameras add to a JPEG do not count.
        orientation: EXIF orientation, 1 to 8.
        turned: whether the pixels lie upright already, as Pillow and OpenCV give those of TIFF files; otherwise they lie
            as they are stored.
        image: the first picture.
        deep: uint16 RGB or RGBA `(H, W, C)` of a picture of 16 bits per colour, which Pillow cuts to 8; otherwise `None`.
    """

    path: Path
    format: str
    frames: int
    orientation: int
    turned: bool
    image: Image.Image
    deep: np.ndarray | None


def open_file(path: Path | str) -> Opened:
    """Decode a file by its content.

    Raises:
        FileProblem: the file is missing, empty, truncated, too large or no image.
    """
    path = Path(path)
    data = _bytes(path)
    try:
        image = Image.open(io.BytesIO(data))
        # In this order, because the EXIF data of a PNG file may come after its pixels.
        is_deep, orientation = _is_deep(image), _orientation(image)
        if _is_bmp_of_two_greys(image, data):
            return Opened(path, "BMP", 1, 1, False, _by_opencv(data), None)
        image.load()
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except UnidentifiedImageError as error:
        raise _no_image(path, data) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _unreadable(path, f"has too many pixels to be opened safely. Scale it down. ({error})") from error
    # Pillow's readers raise whatever damaged bytes make them stumble over.
    except Exception as error:
        raise _unreadable(path, _DAMAGED.format(error)) from error
    deep = _deep(path, data) if is_deep else None
    return Opened(path, image.format or "", frames, orientation, image.format == "TIFF", image, deep)


def header_size(path: Path | str) -> tuple[int, int]:
    """Height and width of the upright picture, from the header alone.

    Raises:
        FileProblem: the file is missing or no image.
    """
    path = Path(path)
    try:
        with path.open("rb") as file, Image.open(file) as image:
            # The size Pillow gives of a TIFF file is the stored or the upright one, depending on its version.
            is_tiff = image.format == "TIFF"
            width, height = (image.tag_v2[_WIDTH], image.tag_v2[_HEIGHT]) if is_tiff else image.size
            return (width, height) if _orientation(image) >= 5 else (height, width)
    except UnidentifiedImageError as error:
        raise _no_image(path, _bytes(path)) from error
    except FileNotFoundError as error:
        raise _unreadable(path, "does not exist.") from error
    except (OSError, SyntaxError, ValueError, KeyError) as error:
        raise _unreadable(path, _DAMAGED.format(error)) from error


_DAMAGED = "cannot be read as an image, it is cut off or damaged: {}. Fetch it again or remove it."


def _unreadable(path: Path, what: str) -> FileProblem:
    return FileProblem("file_unreadable", f"{path} {what}")


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _unreadable(path, "does not exist.") from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}.") from error
    if not data:
        raise FileProblem("file_empty", f"{path} is empty (0 bytes). Fetch it again or remove it.")
    return data


def _no_image(path: Path, data: bytes) -> FileProblem:
    if not any(data):
        return FileProblem("file_empty", f"{path} holds nothing but zero bytes. Fetch it again or remove it.")
    if data[128:132] == b"DICM":
        return _unreadable(path, "is a DICOM file. Export it as PNG.")
    if data[4:12] in _HEIC:
        return _unreadable(path, "is a HEIC photo. Export it as JPEG.")
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    known = [what for first, what in _NO_IMAGES if start.startswith(first)]
    return _unreadable(path, known[0] if known else "is damaged or no image. Fetch it again or remove it.")


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


def _is_deep(image: Image.Image) -> bool:
    """Whether the file has 16 bits for each of several channels."""
    if image.format == "TIFF":
        bits = image.tag_v2.get(_BITS_PER_SAMPLE, (1,))
        return len(bits) > 1 and max(bits) == 16
    return image.format == "PNG" and image.mode != "I;16" and any(";16" in str(tile[3]) for tile in image.tile)


def _deep(path: Path, data: bytes) -> np.ndarray:
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] not in (3, 4):
        raise _unreadable(path, "has 16 bits per channel in an unusual form. Save it with 8 bits per channel.")
    return values[..., [2, 1, 0, 3][: values.shape[2]]]
