"""Masks that are not masks of one lesion class, or doubtful ones."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.data.corpus.cases import case
from tests.data.corpus.drawing import HEIGHT, WIDTH, ham, isic, own, ph2, picture, write


def _mask(root: Path, values: np.ndarray | Image.Image, name: str = "b_mask.png", **options: object) -> None:
    own(root)
    write(root / "masks" / name, values, **options)


@case(
    "folder",
    "a mask smoothed by resizing",
    ("mask_of_greys", "b_mask.png is not a mask of two values.*as smoothing or JPEG compression leaves them"),
)
def mask_with_soft_outline(root: Path) -> None:
    _mask(root, cv2.GaussianBlur(picture(1)[1] * 255, (0, 0), 1.5))


@case(
    "folder",
    "a probability map for a mask",
    ("mask_of_greys", "b_mask.png is not a mask.*grey values from 0.*probabilities"),
)
def mask_of_probabilities(root: Path) -> None:
    _mask(root, cv2.GaussianBlur(picture(1)[1] * 200, (0, 0), 12))


@case(
    "folder",
    "a mask compressed as JPEG",
    ("mask_of_greys", "b_mask.jpg is not a mask.*as smoothing or JPEG compression leaves them"),
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
    ("mask_of_greys", "b_mask.png holds the values 100 and 255, none of which is 0"),
)
def mask_without_black(root: Path) -> None:
    _mask(root, np.where(picture(1)[1] > 0, 255, 100).astype(np.uint8))


@case(
    "folder",
    "a mask of two colours on white",
    ("mask_of_greys", r"b_mask.png is not a mask.*2 colours \(#c80000, #ffffff\). Save it as 0"),
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
    ("mask_is_image", "b_mask.png is not a mask but a picture.*exchange them back"),
)
def image_and_mask_exchanged(root: Path) -> None:
    image, mask = picture(1)
    _mask(root, image)
    write(root / "images" / "b.jpg", mask * 255)
