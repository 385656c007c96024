"""Small phantoms and data sets of them that are as they should be."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_rau.datasets import draw_phantom

HEIGHT, WIDTH = 72, 96
_SEED = 7


@cache
def _good() -> list[tuple[np.ndarray, np.ndarray]]:
    """Phantoms with the lesion in the middle, darker than the skin, and clear of the border."""
    found = []
    for index in range(60):
        image, mask = draw_phantom(_SEED, index, WIDTH)
        image, mask = image[12 : 12 + HEIGHT], mask[12 : 12 + HEIGHT]
        outside = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        contrast = image[mask == 0].mean() - image[mask == 1].mean()
        if not outside.any() and mask[28:44, 38:58].mean() > 0.7 and contrast > 15 and image[0, 0].min() > 40:
            found.append((image, mask))
    return found


def picture(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Image uint8 `(72, 96, 3)` and mask of 0 and 1 of a phantom; other numbers show other lesions."""
    image, mask = _good()[number]
    return image.copy(), mask.copy()


def write(path: Path, values: np.ndarray | Image.Image, **options: Any) -> Path:
    """Write an image file and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        options = {"quality": 95, **options}
    image.save(path, **options)
    return path


def tagged(path: Path, values: np.ndarray, orientation: int) -> Path:
    """Write an image file with an EXIF orientation."""
    image = Image.fromarray(values)
    exif = image.getexif()
    exif[274] = orientation
    return write(path, image, exif=exif)


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """Write a text file and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def own(root: Path, names: Iterable[str] = ("a", "b", "c"), first: int = 0) -> None:
    """Somebody's own folders, `images` and `masks`."""
    for number, name in enumerate(names, start=first):
        image, mask = picture(number)
        write(root / "images" / f"{name}.jpg", image)
        write(root / "masks" / f"{name}_mask.png", mask * 255)


_ISIC = {
    "isic2016": ("ISBI2016_ISIC_Part1_{}_Data", "ISBI2016_ISIC_Part1_{}_GroundTruth", "Segmentation"),
    "isic2017": ("ISIC-2017_{}_Data", "ISIC-2017_{}_Part1_GroundTruth", "segmentation"),
    "isic2018": ("ISIC2018_Task1-2_{}_Input", "ISIC2018_Task1_{}_GroundTruth", "segmentation"),
}


def isic(root: Path, year: str, numbers: Iterable[int], part: str = "Training") -> tuple[Path, Path]:
    """One official set of an ISIC challenge; returns the folders of the images and of the masks."""
    images, masks, ending = _ISIC[year]
    folders = root / images.format(part), root / masks.format(part)
    for number in numbers:
        image, mask = picture(number)
        write(folders[0] / f"ISIC_{number:07d}.jpg", image)
        write(folders[1] / f"ISIC_{number:07d}_{ending}.png", mask * 255)
    return folders


PH2_HEAD = (
    "|| Name || Histological Diagnosis || Clinical Diagnosis || Asymmetry | Pigment Network | Dots/Globules | Streaks "
    "| Regression Areas | Blue-Whitish Veil || Colors ||\n"
)


def ph2_row(number: int) -> str:
    """A row of the table of PH2."""
    return f"|| IMD{number:03d} ||  || 0 || 0 | T | A | A | A | A || 3 4 ||\n"


def ph2(root: Path, numbers: Iterable[int]) -> Path:
    """The original tree of PH2 with its table in text; returns the folder of the lesions."""
    base, numbers = root / "PH2 Dataset images", list(numbers)
    legend = "\nLegends:\n0 - Common Nevus;\n"
    text(root / "PH2_dataset.txt", PH2_HEAD + "".join(map(ph2_row, numbers)) + legend)
    for number in numbers:
        name = f"IMD{number:03d}"
        image, mask = picture(number)
        write(base / name / f"{name}_Dermoscopic_Image" / f"{name}.bmp", image)
        write(base / name / f"{name}_lesion" / f"{name}_lesion.bmp", Image.fromarray(mask * 255).convert("1"))
        write(base / name / f"{name}_roi" / f"{name}_R1_Label3.bmp", Image.fromarray(mask * 255).convert("1"))
    return base


def ham(root: Path, numbers: Iterable[int], lesions: Iterable[int] | None = None) -> Path:
    """HAM10000 with its table; returns the table."""
    numbers = list(numbers)
    rows = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    for number, lesion in zip(numbers, lesions or numbers, strict=True):
        image, mask = picture(number)
        write(root / "HAM10000_images_part_1" / f"ISIC_{number:07d}.jpg", image)
        write(root / "HAM10000_segmentations_lesion_tschandl" / f"ISIC_{number:07d}_segmentation.png", mask * 255)
        rows.append(f"HAM_{lesion:07d},ISIC_{number:07d},nv,histo,50,male,back")
    return text(root / "HAM10000_metadata.csv", "\n".join(rows) + "\n")
