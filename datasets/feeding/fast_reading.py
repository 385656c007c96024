"""A shortcut for the files that most data sets consist of: plain JPEG images and plain grey PNG masks.

OpenCV decodes them in about two thirds of Pillow's time and lets other threads run meanwhile. The content decides: whatever
is not plain goes to `read_pair`, which also says what is wrong with a file. Both give the same pixels.
"""

import os
import stat
import zlib
from pathlib import Path

import cv2
import numpy as np

from keras_rau.datasets.reading.colours import Note
from keras_rau.datasets.reading.content import max_pixels
from keras_rau.datasets.reading.decoding import read_pair

_LARGEST = 64_000_000  # pixels, or bytes; `read_pair` judges what is larger
_PNG = b"\x89PNG\r\n\x1a\n"
# Chunks that change no pixel; transparency, orientation and animation are not among them.
_PLAIN_CHUNKS = {
    b"IHDR",
    b"IDAT",
    b"IEND",
    b"pHYs",
    b"sRGB",
    b"gAMA",
    b"cHRM",
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"tIME",
    b"iCCP",
}
# JFIF, ICC profile, comment, tables; not EXIF (orientation), not Adobe (CMYK), not restart intervals.
_PLAIN_SEGMENTS = {0xE0, 0xE2, 0xFE, 0xDB, 0xC4}
_BASELINE, _SCAN = (0xC0, 0xC1), 0xDA


def read_pair_fast(
    image: Path, mask: Path, *, bit_depth: int | None = None, note: Note | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What `read_pair` gives, sooner where both files are plain.

    Args:
        image: image file.
        mask: mask file.
        bit_depth: as of `read_pair`; plain files have 8 bits.
        note: as of `read_pair`.

    Returns:
        Image uint8 RGB `(H, W, 3)` and mask uint8 `(H, W)` of 0 and 1.

    Raises:
        DataError: as `read_pair`.

    Example:
        >>> image, mask = read_pair_fast(sample.image, sample.mask)
    """
    try:
        # The image last: it is still in the processor's cache when it is resized.
        values, pixels = _plain_mask(_bytes(mask)), _plain_jpeg(_bytes(image))
    except (OSError, ValueError, MemoryError, cv2.error):
        values = pixels = None
    if pixels is None or values is None or pixels.shape[:2] != values.shape:
        return read_pair(image, mask, bit_depth=bit_depth, note=note)
    return pixels, values


def _bytes(path: Path) -> bytes:
    """Read a file with as few calls of the system as possible; return nothing where `read_pair` is to raise the error."""
    # Opening a pipe would wait for somebody who writes.
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(file)
        plain = stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST
        return os.read(file, found.st_size) if plain else b""
    finally:
        os.close(file)


def _plain_jpeg(data: bytes) -> np.ndarray | None:
    if not _is_plain_jpeg(data):
        return None
    data = np.frombuffer(data, np.uint8)
    if hasattr(cv2, "IMREAD_COLOR_RGB"):  # since OpenCV 4.11
        return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    found = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return None if found is None else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def _is_plain_jpeg(data: bytes) -> bool:
    """Whether it is whole, of one scan, of three components with 8 bits, and without a segment that turns or tints it."""
    place, fits = 2, data[:2] == b"\xff\xd8"
    while fits and place + 10 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _SCAN:
            # OpenCV shows damaged pixels without a word. Undamaged ones hold no marker, the end's excepted.
            markers = data.count(b"\xff", place + 2 + length) - data.count(b"\xff\x00", place + 2 + length)
            return markers == 1 and data[-2:] == b"\xff\xd9"
        if marker in _BASELINE:
            height, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (5, 7))
            fits = data[place + 4] == 8 and data[place + 9] == 3 and 0 < height * width <= min(_LARGEST, max_pixels())
        else:
            # APP2 also holds the index of several pictures (MPF).
            fits = marker in _PLAIN_SEGMENTS and data[place + 4 : place + 8] != b"MPF\0"
        place += 2 + length
    return False


def _plain_mask(data: bytes) -> np.ndarray | None:
    """A grey mask of two values, one of them 0."""
    if not _is_plain_png(data):
        return None
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if values is None:
        return None
    top = int(values.max())
    lesion = cv2.inRange(values, top, top)
    lesions = cv2.countNonZero(lesion)
    if top == 0 or lesions == values.size or cv2.countNonZero(values) != lesions:
        return None
    return cv2.threshold(values, 0, 1, cv2.THRESH_BINARY, dst=values)[1]


def _is_plain_png(data: bytes) -> bool:
    """Whether it is grey with 8 bits, not interlaced, has plain chunks alone, and every checksum is right."""
    if not data.startswith(_PNG) or data[24:26] != b"\x08\x00" or data[28:29] != b"\0":
        return False
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    place, kind = len(_PNG), b""
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        if kind not in _PLAIN_CHUNKS or zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        place = end + 4
    return place == len(data) and kind == b"IEND" and 0 < width * height <= min(_LARGEST, max_pixels())
