"""Files of every kind that must simply be read, pixel by pixel."""

import itertools
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from tests.data.corpus.cases import Pixels, case
from tests.data.corpus.drawing import HEIGHT, WIDTH, own, ph2, picture, tagged, write


def _odd(root: Path, image: np.ndarray | None = None, mask: np.ndarray | None = None) -> Pixels:
    """What must come out of the pair `odd`, whose image or mask is given; the rest of the data set is drawn."""
    own(root)
    drawn, lesion = picture(5)
    if not any((root / "images").glob("odd.*")):
        write(root / "images" / "odd.png", drawn)
    if not any((root / "masks").glob("odd.*")):
        write(root / "masks" / "odd.png", lesion * 255)
    return {"odd": (drawn if image is None else image, lesion if mask is None else mask)}


def _grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


@case("ph2", "masks are bitmaps of 1 bit")
def bitmap_of_one_bit(root: Path) -> Pixels:
    ph2(root, range(3))
    return {f"IMD{number:03d}": picture(number) for number in range(3)}


@case("ph2", "one mask is a bitmap of 24 bits with its first row on top")
def bitmap_top_down(root: Path) -> Pixels:
    base = ph2(root, range(3))
    mask = picture(2)[1]
    path = base / "IMD002" / "IMD002_lesion" / "IMD002_lesion.bmp"
    _bitmap(path, np.repeat(mask[..., None] * np.uint8(255), 3, axis=2).tobytes(), 24, height=-HEIGHT)
    return {"IMD002": picture(2)}


@case("folder", "an image is a bitmap of 32 bits, whose fourth byte is 0")
def bitmap_of_32_bits(root: Path) -> Pixels:
    image = picture(5)[0]
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    values = np.dstack([image[::-1, :, ::-1], np.zeros((HEIGHT, WIDTH), np.uint8)])
    _bitmap(root / "images" / "odd.bmp", values.tobytes(), 32, compression=3, rest=masks)
    return _odd(root)


@case("folder", "a mask is a bitmap compressed by run lengths")
def bitmap_with_run_lengths(root: Path) -> Pixels:
    mask = picture(5)[1]
    runs = bytearray()
    for row in mask[::-1]:
        starts = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), WIDTH]
        for start, end in itertools.pairwise(starts):
            runs += bytes([end - start, 255 * int(row[start])])
        runs += b"\0\0"
    greys = bytes(value for level in range(256) for value in (level, level, level, 0))
    _bitmap(root / "masks" / "odd.bmp", bytes(runs) + b"\0\1", 8, compression=1, rest=greys, colours=256)
    return _odd(root)


@case("folder", "image and mask are bitmaps with a palette")
def bitmap_with_palette(root: Path) -> Pixels:
    image, mask = picture(5)
    reduced = Image.fromarray(image).quantize(200)
    write(root / "images" / "odd.bmp", reduced)
    palette = Image.fromarray(mask).convert("P")
    palette.putpalette([0, 0, 0, 255, 255, 255])
    write(root / "masks" / "odd.bmp", palette)
    return _odd(root, np.asarray(reduced.convert("RGB")))


@case("folder", "an image is a PNG with a palette of 16 colours, its mask one of 1 bit")
def png_of_few_bits(root: Path) -> Pixels:
    image, mask = picture(5)
    reduced = Image.fromarray(image).quantize(16)
    write(root / "images" / "odd.png", reduced, bits=4)
    write(root / "masks" / "odd.png", Image.fromarray(mask * 255).convert("1"))
    return _odd(root, np.asarray(reduced.convert("RGB")))


@case("folder", "a PNG whose palette has a transparent colour, which shows white")
def png_with_transparent_colour(root: Path) -> Pixels:
    reduced = Image.fromarray(picture(5)[0]).quantize(16)
    write(root / "images" / "odd.png", reduced, transparency=3)
    transparent = np.asarray(reduced)[..., None] == 3
    return _odd(root, np.where(transparent, np.uint8(255), np.asarray(reduced.convert("RGB"))))


@case("folder", "a PNG of greys with an alpha channel")
def png_of_greys_with_alpha(root: Path) -> Pixels:
    image = picture(5)[0]
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:20, :20] = 0
    odd = Image.fromarray(image[..., 0])
    odd.putalpha(Image.fromarray(alpha))
    write(root / "images" / "odd.png", odd)
    return _odd(root, np.where(alpha[..., None] == 0, np.uint8(255), _grey(image[..., 0])))


@case("folder", "a PNG of colours with an alpha channel, which is transparent nowhere")
def png_with_alpha(root: Path) -> Pixels:
    write(root / "images" / "odd.png", Image.fromarray(picture(5)[0]).convert("RGBA"))
    return _odd(root)


@case("folder", "a PNG of 16 bits, grey")
def png_of_16_bits_grey(root: Path) -> Pixels:
    values = picture(5)[0][..., 0].astype(np.uint16) * 250 + 17
    write(root / "images" / "odd.png", values)
    return _odd(root, _grey((values / 257).round().astype(np.uint8)))


def _deep(root: Path, suffix: str) -> Pixels:
    values = picture(5)[0].astype(np.uint16) * 250 + 17
    (root / "images").mkdir()
    cv2.imwrite(str(root / "images" / f"odd.{suffix}"), values[..., ::-1])
    return _odd(root, (values / 257).round().astype(np.uint8))


@case("folder", "an image of 12 bits in a file of 16, as the option says", bit_depth=12)
def png_of_12_bits_said(root: Path) -> Pixels:
    values = picture(5)[0].astype(np.uint16) * 15
    (root / "images").mkdir()
    cv2.imwrite(str(root / "images" / "odd.png"), values[..., ::-1])
    return _odd(root, (values * (255 / 4095)).round().astype(np.uint8))


@case("folder", "a TIFF that says that it uses 12 of its 16 bits")
def tiff_of_12_bits(root: Path) -> Pixels:
    values = picture(5)[0][..., 0].astype(np.uint16) * 15
    write(root / "images" / "odd.tif", values, tiffinfo={281: 4095})
    return _odd(root, _grey((values * (255 / 4095)).round().astype(np.uint8)))


@case("folder", "images of suffixes that are rare")
def rare_suffixes(root: Path) -> Pixels:
    image = picture(5)[0]
    write(root / "images" / "odd.webp", image, lossless=True)
    for number, (name, kind) in enumerate({"x.jp2": "JPEG2000", "y.jfif": "JPEG", "z.JPE": "JPEG"}.items(), start=6):
        write(root / "images" / name, picture(number)[0], format=kind)
        write(root / "masks" / f"{name[0]}.png", picture(number)[1] * np.uint8(255))
    return _odd(root)


@case("folder", "a PNG of 16 bits per colour")
def png_of_16_bits(root: Path) -> Pixels:
    return _deep(root, "png")


@case("folder", "a TIFF of 16 bits per colour")
def tiff_of_16_bits(root: Path) -> Pixels:
    return _deep(root, "tif")


@case("folder", "TIFF files, one compressed")
def tiff(root: Path) -> Pixels:
    image, mask = picture(5)
    write(root / "images" / "odd.tiff", image, compression="tiff_lzw")
    write(root / "masks" / "odd.TIF", mask * 255)
    return _odd(root)


def _smooth() -> np.ndarray:
    return cv2.GaussianBlur(picture(5)[0], (0, 0), 3)


@case("folder", "a JPEG of four inks, as printers want it", tolerance=12)
def jpeg_of_inks(root: Path) -> Pixels:
    write(root / "images" / "odd.jpg", Image.fromarray(_smooth()).convert("CMYK"))
    return _odd(root, _smooth())


@case("folder", "a JPEG of greys", tolerance=12)
def jpeg_of_greys(root: Path) -> Pixels:
    write(root / "images" / "odd.jpg", _smooth()[..., 0])
    return _odd(root, _grey(_smooth()[..., 0]))


@case("folder", "a progressive JPEG", tolerance=12)
def jpeg_progressive(root: Path) -> Pixels:
    write(root / "images" / "odd.jpeg", _smooth(), progressive=True)
    return _odd(root, _smooth())


@case("folder", "a PNG with a colour profile, which is not applied")
def png_with_colour_profile(root: Path) -> Pixels:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    write(root / "images" / "odd.png", picture(5)[0], icc_profile=profile)
    return _odd(root)


@case("folder", "a mask of 0 and 1, which looks black")
def mask_of_zero_and_one(root: Path) -> Pixels:
    write(root / "masks" / "odd.png", picture(5)[1])
    return _odd(root)


@case("folder", "a mask of black and red")
def mask_of_black_and_red(root: Path) -> Pixels:
    write(root / "masks" / "odd.png", picture(5)[1][..., None] * np.uint8([200, 10, 10]))
    return _odd(root)


@case("folder", "a mask whose lesion has number 1 in a palette of annotation software")
def mask_with_palette(root: Path) -> Pixels:
    odd = Image.fromarray(picture(5)[1]).convert("P")
    odd.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    write(root / "masks" / "odd.png", odd)
    return _odd(root)


@case("folder", "a mask of 16 bits")
def mask_of_16_bits(root: Path) -> Pixels:
    write(root / "masks" / "odd.png", picture(5)[1].astype(np.uint16) * 65535)
    return _odd(root)


@case("folder", "a mask that is in the alpha channel alone")
def mask_in_alpha(root: Path) -> Pixels:
    odd = Image.new("RGB", (WIDTH, HEIGHT))
    odd.putalpha(Image.fromarray(picture(5)[1] * 255))
    write(root / "masks" / "odd.png", odd)
    return _odd(root)


def _upright(values: np.ndarray, orientation: int) -> np.ndarray:
    image = Image.fromarray(values)
    image.getexif()[274] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def _turned(root: Path, on_upright: bool, orientations: range) -> Pixels:
    pixels = {}
    for orientation in orientations:
        image, mask = picture(orientation)
        name = f"turned_{orientation}"
        tagged(root / "images" / f"{name}.png", image, orientation)
        upright = _upright(mask, orientation)
        write(root / "masks" / f"{name}.png", (upright if on_upright else mask) * 255)
        pixels[name] = _upright(image, orientation), upright
    return pixels


_AMBIGUOUS = "fits its image .*in more than one turn.*turn it"


@case(
    "folder",
    "images with all eight EXIF orientations, masks drawn on the upright images",
    ("orientation_ambiguous", f"turned_2.png {_AMBIGUOUS}"),
    ("orientation_ambiguous", f"turned_3.png {_AMBIGUOUS}"),
    ("orientation_ambiguous", f"turned_4.png {_AMBIGUOUS}"),
)
def turned_images_with_upright_masks(root: Path) -> Pixels:
    return _turned(root, True, range(1, 9))


@case("folder", "images turned by a quarter by EXIF, masks drawn on the pixels as stored")
def turned_images_with_stored_masks(root: Path) -> Pixels:
    return _turned(root, False, range(5, 9))


@case("folder", "a square image turned by EXIF", ("orientation_ambiguous", f"odd.png {_AMBIGUOUS}"))
def turned_square(root: Path) -> None:
    own(root)
    image, mask = (values[:, :HEIGHT] for values in picture(5))
    tagged(root / "images" / "odd.png", image, 6)
    write(root / "masks" / "odd.png", mask * 255)


def _bitmap(
    path: Path,
    pixels: bytes,
    bits: int,
    height: int = HEIGHT,
    compression: int = 0,
    rest: bytes = b"",
    colours: int = 0,
) -> None:
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(pixels), 0, 0, colours, 0) + rest
    start = 14 + len(header)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + pixels)
