"""Small images and masks, and files that Pillow would not write."""

import struct

import numpy as np
from PIL import Image

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
GREYS = COLOURS[..., 0]
LESION = np.zeros((20, 30), np.uint8)
LESION[4:12, 6:25] = 1


def grey_rgb(values):
    """Grey values as three equal channels."""
    return np.repeat(values[..., None], 3, axis=2)


def tagged(path, values, orientation, **options):
    """Write an image file with an EXIF orientation."""
    image = Image.fromarray(values)
    exif = image.getexif()
    exif[274] = orientation
    image.save(path, exif=exif, **options)
    return path


def bmp(path, pixels, bits, compression=0, masks=b"", height=20, colours=0):
    """Write a BMP file from its bytes."""
    header = struct.pack("<IiiHHIIiiII", 40, 30, height, 1, bits, compression, len(pixels), 0, 0, colours, 0) + masks
    start = 14 + len(header)
    path.write_bytes(b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + pixels)
    return path
