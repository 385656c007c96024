"""What the first bytes of an image file say, read inside a TensorFlow graph: how to decode it, or why not to.

A server must give what `datasets.read_image` gives, or say that it cannot; TensorFlow's decoders know nothing of
orientation, transparency or inks, and allocate whatever size a header asks for.
"""

from typing import NamedTuple

import tensorflow as tf

LARGEST = 50_000_000  # pixels: as floats they take 600 MB
JPEG, PNG, BMP = 0, 1, 2
_UNKNOWN = 3
_LESS = " Convert the image to an RGB PNG or JPEG of 8 bits."
UNREADABLE = "not a readable JPEG, PNG or BMP image"
_INKS = f"a JPEG of other colours than grey and YCbCr or RGB, such as CMYK.{_LESS}"
_DEEP = f"a PNG of 16 bits per channel.{_LESS}"
_ANIMATED = f"an animation.{_LESS}"
_BITS = f"a BMP of other than 24 bits per pixel, or compressed.{_LESS}"
_GIF = f"a GIF.{_LESS}"
_TOO_LARGE = f"too large: more than {LARGEST} pixels. Scale it down."
_EXIF = f"an image whose orientation cannot be read.{_LESS}"
_ORIENTATION, _BYTE, _SHORT, _LONG = 274, 1, 3, 4
_XMP = b"http://ns.adobe.com/xap/1.0/\0"


class Header(NamedTuple):
    """What a file is.

    Attributes:
        kind: `JPEG`, `PNG` or `BMP`.
        orientation: EXIF orientation, 1 to 8.
        reason: why it must not be decoded; empty otherwise.
    """

    kind: tf.Tensor
    orientation: tf.Tensor
    reason: tf.Tensor


def read_header(content: tf.Tensor) -> Header:
    """Return what a file is, from its bytes, a scalar string; never raises inside the graph."""
    file = _File(content)
    is_jpeg, is_png = file.has(0, b"\xff\xd8\xff"), file.has(0, b"\x89PNG\r\n\x1a\n")
    is_bmp, is_gif = file.has(0, b"BM"), file.has(0, b"GIF8")
    kind = tf.where(is_jpeg, JPEG, tf.where(is_png, PNG, tf.where(is_bmp, BMP, _UNKNOWN)))
    nothing = (tf.where(is_gif, _GIF, UNREADABLE), _one())
    reason, orientation = tf.switch_case(
        kind, [lambda: _jpeg(file), lambda: _png(file), lambda: _bmp(file), lambda: nothing]
    )
    return Header(kind, orientation, reason)


def _one() -> tf.Tensor:
    return tf.constant(1, tf.int64)


class _File:
    """Bytes of a file; beyond its end lie zeros."""

    def __init__(self, content: tf.Tensor) -> None:
        self.content = content
        raw = tf.io.decode_raw(content, tf.uint8)
        self.size = tf.size(raw, tf.int64)
        self.raw = tf.concat([raw, tf.zeros(64, tf.uint8)], 0)

    def bytes(self, place: tf.Tensor | int, count: int) -> tf.Tensor:
        """`count` bytes from a place, or from each of several, as int64."""
        places = tf.cast(place, tf.int64)[..., None] + tf.range(count, dtype=tf.int64)
        return tf.cast(tf.gather(self.raw, tf.clip_by_value(places, 0, self.size + 63)), tf.int64)

    def number(self, place: tf.Tensor | int, count: int, little: tf.Tensor | bool) -> tf.Tensor:
        """Read an unsigned number of so many bytes."""
        found = self.bytes(place, count)
        shifts = tf.constant([256**power for power in range(count)], tf.int64)
        return tf.reduce_sum(found * tf.where(little, shifts, shifts[::-1]), -1)

    def has(self, place: tf.Tensor | int, word: bytes) -> tf.Tensor:
        """Return whether a word lies at a place."""
        return tf.reduce_all(self.bytes(place, len(word)) == tf.constant(list(word), tf.int64))

    def find(self, word: bytes) -> tf.Tensor:
        """Find the first place of a word; -1 where it does not occur."""
        count = tf.maximum(self.size, 1)
        hits = tf.reduce_all([self.raw[at : at + count] == letter for at, letter in enumerate(word)], 0)
        return tf.where(tf.reduce_any(hits), tf.argmax(tf.cast(hits, tf.uint8)), tf.constant(-1, tf.int64))


def _first(*reasons: tuple[tf.Tensor, str]) -> tf.Tensor:
    found = tf.constant("")
    for wrong, reason in reversed(reasons):
        found = tf.where(wrong, reason, found)
    return found


def _unbearable(height: tf.Tensor, width: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return (height < 1) | (width < 1), height * width > LARGEST


def _bmp(file: _File) -> tuple[tf.Tensor, tf.Tensor]:
    width, height = (tf.cast(tf.cast(file.number(at, 4, True), tf.int32), tf.int64) for at in (18, 22))
    empty, large = _unbearable(tf.abs(height), width)
    usual = (file.number(14, 4, True) >= 40) & (file.number(28, 2, True) == 24) & (file.number(30, 4, True) == 0)
    return _first((~usual, _BITS), (empty, UNREADABLE), (large, _TOO_LARGE)), _one()


def _png(file: _File) -> tuple[tf.Tensor, tf.Tensor]:
    empty, large = _unbearable(file.number(20, 4, False), file.number(16, 4, False))
    # Where these words lie tells all: chunks may follow the pixels, and walking through those takes long.
    exif = file.find(b"eXIf")
    orientation, damaged = _orientation(file, tf.where(exif < 0, exif, exif + 4))
    # What ImageMagick writes for EXIF is text of hexadecimal digits.
    unknown = damaged | (file.find(b"Raw profile type exif") >= 0) | (file.find(b"Raw profile type APP1") >= 0)
    turned = _turned_by_text(file, (orientation == 0) & (file.find(b"tiff:Orientation") >= 0))
    reason = _first(
        (~file.has(12, b"IHDR") | empty, UNREADABLE),
        (large, _TOO_LARGE),
        (file.number(24, 1, False) > 8, _DEEP),
        (file.find(b"acTL") >= 0, _ANIMATED),
        (unknown | turned, _EXIF),
    )
    return reason, tf.maximum(orientation, 1)


def _jpeg(file: _File) -> tuple[tf.Tensor, tf.Tensor]:
    """Walk over the segments before the pixels."""
    nowhere = tf.constant(-1, tf.int64)

    def goes_on(place: tf.Tensor, ended: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
        return ~ended & (place < file.size)

    def step(place: tf.Tensor, ended: tf.Tensor, frame: tf.Tensor, exif: tf.Tensor, xmp: tf.Tensor) -> tuple:
        del ended
        marker, length = file.number(place + 1, 1, False), file.number(place + 2, 2, False)
        is_marker, fills = file.number(place, 1, False) == 0xFF, marker == 0xFF
        is_frame = (marker >= 0xC0) & (marker <= 0xCF) & (marker != 0xC4) & (marker != 0xC8) & (marker != 0xCC)
        frame = tf.where(is_frame & (frame < 0), place, frame)
        exif = tf.where((marker == 0xE1) & file.has(place + 4, b"Exif\0\0") & (exif < 0), place + 10, exif)
        xmp = tf.where((marker == 0xE1) & file.has(place + 4, _XMP), place, xmp)
        ended = ~is_marker | (marker == 0xDA) | (marker == 0xD9) | (~fills & (length < 2))
        return place + tf.where(fills, _one(), 2 + length), ended, frame, exif, xmp

    start = (tf.constant(2, tf.int64), tf.constant(False), nowhere, nowhere, nowhere)
    _, _, frame, exif, xmp = tf.while_loop(goes_on, step, start)
    height, width = file.number(frame + 5, 2, False), file.number(frame + 7, 2, False)
    empty, large = _unbearable(height, width)
    channels, bits = file.number(frame + 9, 1, False), file.number(frame + 4, 1, False)
    orientation, damaged = _orientation(file, exif)
    turned = _turned_by_text(file, (orientation == 0) & (xmp >= 0))
    reason = _first(
        ((frame < 0) | empty | (bits != 8), UNREADABLE),
        (large, _TOO_LARGE),
        ((channels != 1) & (channels != 3), _INKS),
        (damaged | turned, _EXIF),
    )
    return reason, tf.maximum(orientation, 1)


def _turned_by_text(file: _File, is_text: tf.Tensor) -> tf.Tensor:
    """Return whether the XMP text of a file, if any, states another orientation than upright."""

    def look() -> tf.Tensor:
        # Only ASCII letters pass, since the expression knows bytes as UTF-8 alone.
        text = tf.strings.unicode_transcode(file.content, "US-ASCII", "UTF-8", "ignore")
        return tf.strings.regex_full_match(text, r'(?s).*tiff:Orientation(="|>)([02-9]|1[0-9]).*')

    return tf.cond(is_text, look, lambda: tf.constant(False))


def _orientation(file: _File, start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Orientation in EXIF data that start at a place, 0 where there is none, and whether they cannot be read."""
    little = file.has(start, b"II")
    known = (little | file.has(start, b"MM")) & (file.number(start + 2, 2, little) == 42)
    directory = start + file.number(start + 4, 4, little)
    count = tf.where(known & (directory < file.size), file.number(directory, 2, little), 0)
    count = tf.where(count <= 1000, count, 0)
    entries = directory + 2 + 12 * tf.range(count)
    places = tf.boolean_mask(entries, file.number(entries, 2, little) == _ORIENTATION)
    place = tf.where(tf.size(places) > 0, tf.reduce_sum(places), 0)
    kind, values = file.number(place + 2, 2, little), file.number(place + 4, 4, little)
    value = tf.where(
        kind == _SHORT,
        file.number(place + 8, 2, little),
        tf.where(kind == _LONG, file.number(place + 8, 4, little), file.number(place + 8, 1, little)),
    )
    usual = ((kind == _SHORT) | (kind == _LONG) | (kind == _BYTE)) & (values == 1) & (tf.size(places) == 1)
    whole = known & (count > 0) & (directory + 2 + 12 * count <= file.size)
    some = (start >= 0) & (tf.size(places) > 0)
    valid = (value >= 1) & (value <= 8)
    return tf.where(some & usual, tf.where(valid, value, 1), 0), (start >= 0) & (~whole | (some & ~usual))
