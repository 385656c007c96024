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


def _mask(root: Path, values: np.ndarray | Image.Image, name: str = "b_mask.png", **options: object) -> None:
    own(root)
    write(root / "masks" / name, values, **options)


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


@case("folder", "a PNG under the name of a JPEG", ("suffix_differs", "b.jpg is no JPEG file but PNG. Rename it"))
def png_named_jpg(root: Path) -> None:
    _image(root, _encoded("PNG"))


@case("folder", "a WebP under the name of a JPEG", ("suffix_differs", "b.jpg is no JPEG file but WEBP"))
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


@case(
    "folder",
    "a mask smoothed by resizing",
    ("mask_of_greys", "b_mask.png is no mask of two values.*as smoothing or JPEG compression leaves them"),
)
def mask_with_soft_outline(root: Path) -> None:
    _mask(root, cv2.GaussianBlur(picture(1)[1] * 255, (0, 0), 1.5))


@case(
    "folder",
    "a probability map for a mask",
    ("mask_of_greys", "b_mask.png is no mask.*grey values from 0.*probabilities"),
)
def mask_of_probabilities(root: Path) -> None:
    _mask(root, cv2.GaussianBlur(picture(1)[1] * 200, (0, 0), 12))


@case(
    "folder",
    "a mask compressed as JPEG",
    ("mask_of_greys", "b_mask.jpg is no mask.*as smoothing or JPEG compression leaves them"),
)
def mask_as_jpeg(root: Path) -> None:
    own(root)
    (root / "masks" / "b_mask.png").unlink()
    write(root / "masks" / "b_mask.jpg", picture(1)[1] * 255, quality=75)


@case(
    "folder",
    "a mask of three classes",
    ("mask_of_greys", r"b_mask.png .*it holds 3 grey values \(0, 1, 2\), which look like class numbers\."),
)
def mask_of_three_classes(root: Path) -> None:
    mask = picture(1)[1]
    mask[32:36, 44:50] = 2
    _mask(root, mask)


@case(
    "folder",
    "a mask of two classes and a border that is not to be counted",
    ("mask_of_greys", r"b_mask.png .*3 grey values \(0, 1, 255\).*class numbers, and 255 what is not to be counted"),
)
def mask_with_void_border(root: Path) -> None:
    mask = picture(1)[1]
    mask[cv2.dilate(mask, np.ones((3, 3), np.uint8)) != mask] = 255
    _mask(root, mask)


@case(
    "folder",
    "a mask of skin, an outer and an inner part in three greys",
    ("mask_of_greys", r"b_mask.png .*3 grey values \(0, 128, 255\), which look like class numbers"),
)
def mask_of_three_greys(root: Path) -> None:
    mask = picture(1)[1]
    _mask(root, mask * np.uint8(128) + cv2.erode(mask, np.ones((9, 9), np.uint8)) * np.uint8(127))


@case(
    "folder",
    "a mask of class numbers in 16 bits",
    ("mask_of_greys", r"b_mask.png .*3 grey values \(0, 1000, 2000\), which look like class numbers"),
)
def mask_of_classes_in_16_bits(root: Path) -> None:
    mask = picture(1)[1]
    mask[:36] *= 2
    _mask(root, mask.astype(np.uint16) * 1000)


@case(
    "folder",
    "a mask of three classes in colours",
    ("mask_of_greys", r"b_mask.png .*3 colours \(#000000, #0000ff, #ff0000\)"),
)
def mask_of_colours(root: Path) -> None:
    mask = picture(1)[1]
    mask[:36] *= 2
    _mask(root, np.uint8([[0, 0, 0], [255, 0, 0], [0, 0, 255]])[mask])


@case(
    "folder",
    "masks in which the lesion has a number of its own",
    ("mask_numbers_differ", "different numbers.*1 in .*2 in .*b_mask.png"),
)
def masks_of_different_numbers(root: Path) -> None:
    own(root)
    for number, (name, value) in enumerate({"a": 1, "b": 2, "c": 1}.items()):
        write(root / "masks" / f"{name}_mask.png", picture(number)[1] * np.uint8(value))


@case(
    "folder",
    "a mask of grey and white",
    ("mask_of_greys", "b_mask.png .*2 grey values 100 and 255, of which none is 0"),
)
def mask_without_black(root: Path) -> None:
    _mask(root, np.where(picture(1)[1] > 0, 255, 100).astype(np.uint8))


@case(
    "folder",
    "a mask of two colours on white",
    ("mask_of_greys", r"b_mask.png is no mask.*2 colours \(#c80000, #ffffff\). Save it as 0"),
)
def mask_on_white(root: Path) -> None:
    _mask(root, np.where(picture(1)[1][..., None] > 0, np.uint8([200, 0, 0]), np.uint8(255)))


@case(
    "folder",
    "a mask whose alpha is the opposite of its colour",
    ("mask_of_greys", "b_mask.png .*contradict each other"),
)
def mask_with_contradictory_alpha(root: Path) -> None:
    mask = picture(1)[1]
    odd = Image.fromarray((1 - mask) * np.uint8(255))
    odd.putalpha(Image.fromarray(mask * 255))
    _mask(root, odd)


_SIZES = r"0000001_segmentation.png is {}×{} pixels, its image .*ISIC_0000001.jpg 96×72. Repair"


@case("isic2018", "a mask of half the size", ("size_differs", _SIZES.format(48, 36)))
def mask_of_half_the_size(root: Path) -> None:
    masks = isic(root, "isic2018", range(3))[1]
    write(masks / "ISIC_0000001_segmentation.png", picture(1)[1][::2, ::2] * 255)


@case("isic2016", "a transposed mask", ("size_differs", _SIZES.replace("_seg", "_Seg").format(72, 96)))
def mask_transposed(root: Path) -> None:
    masks = isic(root, "isic2016", range(3))[1]
    write(masks / "ISIC_0000001_Segmentation.png", picture(1)[1].T * 255)


@case("folder", "a mask in which lesion is black", ("mask_inverted", "b_mask.png seems inverted: .*Exchange 0 and 255"))
def mask_inverted(root: Path) -> None:
    _mask(root, (1 - picture(1)[1]) * 255)


@case("ph2", "a mask without lesion", ("mask_empty", "IMD001_lesion.bmp marks no lesion"))
def mask_empty(root: Path) -> None:
    path = ph2(root, range(3)) / "IMD001" / "IMD001_lesion" / "IMD001_lesion.bmp"
    write(path, Image.new("1", (WIDTH, HEIGHT)))


@case("ham10000", "a mask that is lesion everywhere", ("mask_full", "0000001_segmentation.png marks the whole image"))
def mask_full(root: Path) -> None:
    ham(root, range(3))
    path = root / "HAM10000_segmentations_lesion_tschandl" / "ISIC_0000001_segmentation.png"
    write(path, np.full((HEIGHT, WIDTH), 255, np.uint8))


@case(
    "folder",
    "image and mask are exchanged",
    ("mask_is_image", "b_mask.png is no mask but a picture.*exchange them back"),
)
def image_and_mask_exchanged(root: Path) -> None:
    image, mask = picture(1)
    _mask(root, image)
    write(root / "images" / "b.jpg", mask * 255)
