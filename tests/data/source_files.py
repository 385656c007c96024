"""Tiny images and masks in the layouts of the data sets."""

import numpy as np
from PIL import Image


def write(path, kind="RGB", size=(24, 18), fill=100):
    """Write one image of one colour, or a mask (`"mask"`, `"1-bit"`), and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, (fill, fill, fill))
    if kind != "RGB":
        values = np.zeros(size[::-1], np.uint8)
        values[2:5, 3:6] = 255
        image = Image.fromarray(values)
    if kind == "1-bit":
        image = image.convert("1")
    image.save(path)
    return path


def write_pairs(root, images, masks, ids, ending="_segmentation"):
    """Write images and masks into two folders named as ISIC does."""
    for name in ids:
        write(root / images / f"{name}.jpg")
        write(root / masks / f"{name}{ending}.png", "mask")


def write_isic2018(root, ids, part="Training"):
    """Write a part of ISIC 2018, task 1."""
    write_pairs(root, f"ISIC2018_Task1-2_{part}_Input", f"ISIC2018_Task1_{part}_GroundTruth", ids)


def findings(listing):
    """Findings but for the note that nothing says which images are of one patient, which nearly every small set has."""
    return [finding for finding in listing.findings if finding.kind != "groups_missing"]


def kinds(listing):
    """Kinds of these findings, sorted."""
    return sorted(finding.kind for finding in findings(listing))
