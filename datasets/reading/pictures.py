"""How many pictures a file holds, counted so far as anybody wants to know."""

import struct
from typing import Any

# Pillow goes through all of a file, which takes minutes where millions of pictures share a few bytes each.
MOST = 100


def pictures(image: Any, data: bytes) -> int:
    """Return the number of pictures in a file, at most 100; previews that cameras add to a JPEG do not count.

    Args:
        image: the file as Pillow opened it.
        data: its content.
    """
    try:
        if image.format == "TIFF":
            return _of_tiff(data)
        if image.format == "GIF":
            return _of_gif(data)
    except (struct.error, IndexError):
        return 1  # cut off; the first picture is there
    return 1 if image.format == "MPO" else min(MOST, getattr(image, "n_frames", 1))


def _of_tiff(data: bytes) -> int:
    """Follow the chain of directories: each ends with the place of the next."""
    order, big = "<" if data[:2] == b"II" else ">", 43 in data[2:4]
    count, entry, pointer = ("Q", 20, "Q") if big else ("H", 12, "I")
    (place,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
    seen: set[int] = set()
    while place and place not in seen and len(seen) < MOST:
        (entries,) = struct.unpack_from(order + count, data, place)
        behind = place + struct.calcsize(count) + entry * entries
        seen.add(place)
        if behind + struct.calcsize(pointer) > len(data):
            break
        (place,) = struct.unpack_from(order + pointer, data, behind)
    return max(1, len(seen))


def _of_gif(data: bytes) -> int:
    """Go from block to block: 0x2C begins a picture, 0x21 what is said about one."""
    found, place = 0, 13 + _palette(data[10])
    while found < MOST and place < len(data) and data[place] in (0x21, 0x2C):
        if data[place] == 0x2C:
            found += 1
            place += 9
            place += 2 + _palette(data[place])
        else:
            place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return max(1, found)


def _palette(flags: int) -> int:
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0
