"""What is wrong between files: the same picture or mask twice, near duplicates, leakage."""

from pathlib import Path

import cv2
import numpy as np

from tests.data.corpus.cases import case
from tests.data.corpus.drawing import ham, isic, own, picture, write


def _copy(root: Path, image: np.ndarray, mask: np.ndarray, **options: object) -> None:
    own(root)
    write(root / "images" / "copy.png", image)
    write(root / "masks" / "copy.png", mask * 255)


@case("folder", "one picture under two ids", ("same_picture", "a.png and .*copy.png are the same picture.*Keep one"))
def same_picture(root: Path) -> None:
    own(root)
    image, mask = picture(5)
    for name in ("a", "copy"):
        (root / "images" / f"{name}.jpg").unlink(missing_ok=True)
        write(root / "images" / f"{name}.png", image)
        write(root / "masks" / f"{name}_mask.png", mask * 255)


@case("folder", "the same mask for two images", ("same_mask", "a_mask.png and .*b_mask.png are the same mask"))
def same_mask(root: Path) -> None:
    own(root)
    write(root / "masks" / "b_mask.png", picture(0)[1] * 255)


_NEAR = (("near_duplicate", r"\ba and copy\b.*nearly the same picture.*one set"),)


@case("folder", "an image saved again", related=_NEAR)
def near_duplicate_saved_anew(root: Path) -> None:
    own(root)
    image, mask = picture(0)
    write(root / "images" / "copy.jpg", image, quality=60)
    mask[30:34, 40:44] = 0
    write(root / "masks" / "copy.png", mask * 255)


@case("folder", "an image turned by a quarter", related=_NEAR)
def near_duplicate_turned(root: Path) -> None:
    image, mask = picture(0)
    _copy(root, np.rot90(image), np.rot90(mask))


@case("folder", "a lighter copy of an image", related=_NEAR)
def near_duplicate_lighter(root: Path) -> None:
    image, mask = picture(0)
    mask[30:34, 40:44] = 0
    _copy(root, cv2.convertScaleAbs(image, alpha=1.1, beta=8), mask)


@case(
    "isic2018",
    "an image of the training set lies in the test set under another id",
    related=(("near_duplicate", "0000001 and ISIC_0000009"), ("leakage", "(?s)0000001.*0000009")),
)
def leakage_between_official_sets(root: Path) -> None:
    isic(root, "isic2018", range(3))
    images, masks = isic(root, "isic2018", [4, 5], "Test")
    image, mask = picture(1)
    write(images / "ISIC_0000009.jpg", image, quality=70)
    mask[30:34, 40:44] = 0
    write(masks / "ISIC_0000009_segmentation.png", mask * 255)


@case(
    "isic2018",
    "an id in two official sets",
    ("id_twice", "Two files have the id ISIC_0000001: .*Keep one of them here, and move the other"),
    ("same_picture", "ISIC_0000001.jpg and .*ISIC_0000001.jpg are the same picture"),
    related=(("leakage", "0000001"),),
)
def id_in_two_official_sets(root: Path) -> None:
    isic(root, "isic2018", range(3))
    isic(root, "isic2018", [1, 5], "Test")


@case("ham10000", "two images of one lesion, which its table ties together")
def two_images_of_one_lesion(root: Path) -> None:
    ham(root, range(4), lesions=[1, 1, 2, 3])
