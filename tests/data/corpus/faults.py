"""Files that are damaged, or are not what they should be."""

import io
import os
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.data.corpus.cases import case
from tests.data.corpus.drawing import HEIGHT, WIDTH, ham, isic, own, ph2, picture, write


def _image(root: Path, content: bytes, name: str = "b.jpg") -> None:
    own(root)
    (root / "images" / name).write_bytes(content)


def _encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture(1)[0]).save(buffer, kind)
    return buffer.getvalue()


@case("folder", "a JPEG of which the second half is missing", ("file_unreadable", "b.jpg .*cut off.*Fetch it again"))
def jpeg_cut_off(root: Path) -> None:
    whole = _encoded("JPEG")
    _image(root, whole[: len(whole) // 2])


@case(
    "isic2018", "a mask of which the end is missing", ("file_unreadable", "0000001_segmentation.png .*cut off.*Fetch")
)
def png_cut_off(root: Path) -> None:
    masks = isic(root, "isic2018", range(3))[1]
    whole = (masks / "ISIC_0000001_segmentation.png").read_bytes()
    (masks / "ISIC_0000001_segmentation.png").write_bytes(whole[: len(whole) // 2])


@case("ph2", "a bitmap of which the end is missing", ("file_unreadable", "IMD001.bmp .*cut off.*Fetch"))
def bitmap_cut_off(root: Path) -> None:
    path = ph2(root, range(3)) / "IMD001" / "IMD001_Dermoscopic_Image" / "IMD001.bmp"
    path.write_bytes(path.read_bytes()[:9000])


@case("ham10000", "an image of no bytes", ("file_empty", r"0000001.jpg is empty \(0 bytes\)"))
def image_of_no_bytes(root: Path) -> None:
    ham(root, range(3))
    (root / "HAM10000_images_part_1" / "ISIC_0000001.jpg").write_bytes(b"")


@case(
    "isic2017",
    "a mask of no bytes",
    ("file_empty", r"0000001_segmentation.png is empty"),
    ("metadata_missing", "No table"),
)
def mask_of_no_bytes(root: Path) -> None:
    masks = isic(root, "isic2017", range(3))[1]
    (masks / "ISIC_0000001_segmentation.png").write_bytes(b"")


@case("folder", "an image of zeros, as broken disks leave them", ("file_empty", "b.jpg holds nothing but zero bytes"))
def image_of_zeros(root: Path) -> None:
    _image(root, bytes(5000))


@case("folder", "a web page under the name of an image", ("file_unreadable", "b.jpg is a web page.*Fetch it again"))
def web_page(root: Path) -> None:
    _image(root, b"<!DOCTYPE html>\n<html><body>403 Forbidden</body></html>")


@case(
    "folder", "a pointer of Git LFS under the name of an image", ("file_unreadable", "b.jpg is a pointer.*git lfs pull")
)
def git_lfs_pointer(root: Path) -> None:
    _image(root, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


@case(
    "folder", "a DICOM file under the name of an image", ("file_unreadable", "b.jpg is a DICOM file. Export it as PNG")
)
def dicom(root: Path) -> None:
    _image(root, bytes(128) + b"DICM" + bytes(100))


@case("folder", "floating-point numbers", ("file_unreadable", "x.tif holds floating-point.*save it with 8 or 16 bits"))
def image_of_floats(root: Path) -> None:
    own(root, ["a", "b", "x"])
    (root / "images" / "x.jpg").unlink()
    write(root / "images" / "x.tif", picture(2)[0][..., 0].astype(np.float32))


@case("folder", "an EPS under the name of a JPEG", ("file_unreadable", "b.jpg is a PostScript file.*never run"))
def eps_named_jpg(root: Path) -> None:
    _image(root, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 72\nshowpage\n%%EOF\n")


@case(
    "folder",
    "an image of a kind that is not read under the name of a JPEG",
    ("file_unreadable", "b.jpg is damaged or no image of a kind that is read"),
)
def ppm_named_jpg(root: Path) -> None:
    _image(root, b"P6 96 72 255\n" + bytes(3 * 96 * 72 - 1) + b"x")


@case(
    "folder",
    "an image that says it has more pixels than are decoded",
    ("file_unreadable", "b.jpg has too many pixels: 60000×60000 = 3,600 million.*KERAS_RAU_MAX_PIXELS"),
)
def image_of_too_many_pixels(root: Path) -> None:
    chunk = b"IHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    whole = len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    _image(root, b"\x89PNG\r\n\x1a\n" + whole + _encoded("PNG")[33:])


@case("folder", "a device under the name of an image", ("file_unreadable", "x.jpg is a device, no image file"))
def link_to_a_device(root: Path) -> None:
    own(root, ["a", "b", "x"])
    (root / "images" / "x.jpg").unlink()
    (root / "images" / "x.jpg").symlink_to("/dev/zero")


@case("folder", "a pipe under the name of an image", ("file_unreadable", "x.jpg is a pipe, no image file"))
def pipe(root: Path) -> None:
    own(root, ["a", "b", "x"])
    (root / "images" / "x.jpg").unlink()
    os.mkfifo(root / "images" / "x.jpg")


def _deep(root: Path, name: str, number: int, factor: int) -> None:
    values = picture(number)[0].astype(np.uint16) * factor
    cv2.imwrite(str(root / "images" / f"{name}.png"), values[..., ::-1])
    (root / "images" / f"{name}.jpg").unlink(missing_ok=True)


@case(
    "folder",
    "an image of 12 bits in a file of 16 that does not say so",
    ("bit_depth_guessed", "b.png has room for 16 bits.*read as of 12 bits"),
)
def image_of_12_bits(root: Path) -> None:
    own(root)
    _deep(root, "b", 1, 16)


@case(
    "folder",
    "images of 12 and of 10 bits in files of 16",
    ("bit_depth_guessed", "a.png .*read as of 10 bits"),
    ("bit_depth_guessed", "b.png .*read as of 12 bits"),
    ("bit_depths_differ", "a.png as of 10 bits, .*b.png as of 12 bits"),
)
def images_of_10_and_12_bits(root: Path) -> None:
    own(root)
    _deep(root, "a", 0, 4)
    _deep(root, "b", 1, 16)


@case("folder", "a PNG under the name of a JPEG", ("suffix_differs", "b.jpg is not a JPEG file but PNG. Rename it"))
def png_named_jpg(root: Path) -> None:
    _image(root, _encoded("PNG"))


@case("folder", "a WebP under the name of a JPEG", ("suffix_differs", "b.jpg is not a JPEG file but WEBP"))
def webp_named_jpg(root: Path) -> None:
    _image(root, _encoded("WEBP"))


@case("folder", "a TIFF of two pages", ("several_pictures", "x.tif holds 2 pictures, of which the first.*Save the one"))
def tiff_of_two_pages(root: Path) -> None:
    own(root, ["a", "b", "x"])
    (root / "images" / "x.jpg").unlink()
    pages = [Image.fromarray(picture(number)[0]) for number in (2, 3)]
    write(root / "images" / "x.tif", pages[0], save_all=True, append_images=pages[1:])


@case("folder", "an icon among the images", ("image_too_small", "b.jpg is only 10×10 pixels; at least 16.*Fetch"))
def tiny_image(root: Path) -> None:
    own(root)
    image, mask = (values[30:40, 40:50] for values in picture(1))
    write(root / "images" / "b.jpg", image)
    mask[0] = 0
    write(root / "masks" / "b_mask.png", mask * 255)


@case("folder", "a black image", ("image_constant", r"b.jpg is of the one colour \(0, 0, 0\)"))
def black_image(root: Path) -> None:
    own(root)
    write(root / "images" / "b.jpg", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
