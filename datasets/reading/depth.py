"""Pixels in files of 16 bits of which only 10, 12 or 14 bits may be used: how many, and their values as 8 bits."""

import re
import warnings
from pathlib import Path

import numpy as np

from keras_rau.datasets.reading.content import FileProblem
from keras_rau.errors import UsageError

FULL = 16
# What cameras, scanners and microscopes give.
_USUAL = (8, 10, 12, 14, FULL)
# Stray pixels of a sensor: at most this many, or this share, say nothing of the depth.
_STRAY, _STRAY_SHARE = 12, 5e-4
_SIZ = b"\xff\x4f\xff\x51"


def check_bit_depth(bit_depth: int | None) -> None:
    """Refuse another value than `None` and a number of bits from 8 to 16.

    Raises:
        UsageError: it is none.
    """
    if bit_depth is not None and (isinstance(bit_depth, bool) or bit_depth not in range(8, FULL + 1)):
        raise UsageError(
            "`bit_depth` is how many bits the pixels of 16-bit files use, from 8 to 16, such as 12. "
            f"Received: bit_depth={bit_depth!r}"
        )


def guessed_depth(values: np.ndarray) -> int:
    """Guess the number of bits that hold all values but those of stray pixels: 8, 10, 12, 14 or 16.

    Args:
        values: numbers from 0 to 65535, of any shape.
    """
    counts = np.bincount(values.ravel(), minlength=1)
    stray = max(_STRAY, int(_STRAY_SHARE * values.size))
    above = np.cumsum(counts[::-1])[::-1]  # how many values are at least so high
    common = np.flatnonzero(above > min(stray, values.size - 1))[-1]
    return next(bits for bits in _USUAL if common < 2**bits)


def eight_bits(path: Path, values: np.ndarray, bit_depth: int) -> np.ndarray:
    """Values of `bit_depth` bits, scaled to uint8; stray ones above are white.

    Raises:
        FileProblem: too many values need more bits.
    """
    top = 2**bit_depth - 1
    above = int(np.count_nonzero(values > top))
    if above > max(_STRAY, _STRAY_SHARE * values.size):
        raise FileProblem(
            "file_unreadable",
            f"{path} holds values up to {values.max()}, more than the {bit_depth} bits that it is said to have. "
            "Say how many it has with the option bit_depth.",
        )
    return (np.minimum(values, top) * (255 / top)).round().astype(np.uint8)


def guess_message(path: Path, bits: int) -> str:
    """Return the warning that the depth was guessed to be less than 16 bits."""
    return (
        f"{path} has room for 16 bits and does not say how many it uses; nearly all of its values fit into {bits}, so that "
        f"it is read as of {bits} bits."
    )


def warn_of_guess(_: Path, bits: int) -> None:
    """Warn that a depth of less than 16 bits was guessed; the same words for every file, which Python tells once."""
    if bits < FULL:
        text = f"Images of 16-bit files that do not say how many bits they use are read as of {bits} bits, by their values. "
        warnings.warn(text + "Say the right number with bit_depth (predict: --bit-depth).", stacklevel=2)


GUESS_REMEDY = (
    "If that is right, or wrong, say so with the option bit_depth, such as bit_depth=12 (train: --set "
    "data.options.bit_depth=12; validate and evaluate: --option bit_depth=12); it then holds for all 16-bit files."
)


def tiff_depth(bits_per_sample: tuple[int, ...], max_sample_values: tuple[int, ...]) -> int | None:
    """Bits that a TIFF file says it uses of 16; `None` when it does not say so.

    A largest value that is not all ones, such as 3987, is a statistic of the picture and not its depth.
    """
    own = max(bits_per_sample, default=1)
    if 8 < own < FULL:
        return own
    top = max(max_sample_values, default=0)
    bits = top.bit_length()
    return bits if 8 <= bits < FULL and top == 2**bits - 1 else None


def jpeg2000_depth(data: bytes) -> int | None:
    """Bits of the first component of a JPEG 2000 file; `None` when its header cannot be found."""
    found = re.search(re.escape(_SIZ), data)
    if found is None or len(data) < found.start() + 43:
        return None
    return (data[found.start() + 42] & 0x7F) + 1
