"""What a mask says in numbers."""

import csv
from pathlib import Path

import numpy as np

from keras_rau.evaluation.regions import Outcome, region_of, write_regions


def test_a_region():
    mask = np.zeros((10, 20), np.uint8)
    mask[2:5, 3:7] = 1
    mask[8, 19] = 1
    found = region_of(mask)
    assert (found.width, found.height, found.area, found.components) == (20, 10, 13, 2)
    assert found.share == 0.065
    assert (found.left, found.top, found.right, found.bottom) == (3, 2, 20, 9)
    assert str(found) == "13 pixels, 6.5% of the image, columns 3 to 20, rows 2 to 9, in 2 parts"


def test_no_region_and_nothing_else():
    empty, full = region_of(np.zeros((3, 4))), region_of(np.ones((3, 4)))
    assert (empty.area, empty.left, empty.components, str(empty)) == (0, None, 0, "no lesion found")
    assert (full.share, full.right, full.bottom, full.components) == (1, 4, 3, 1)


def test_the_table(tmp_path):
    outcomes = [
        Outcome(Path("a, b.jpg"), "a, b_mask.png", region_of(np.eye(3))),
        Outcome(Path("c.jpg"), "c_mask.png", region_of(np.zeros((3, 3)))),
        Outcome(Path("d.jpg"), error="c.jpg is damaged:\n  cut off"),
    ]
    write_regions(outcomes, tmp_path / "regions.csv")
    with (tmp_path / "regions.csv").open(newline="") as file:
        one, two, three = csv.DictReader(file)
    assert (one["image"], one["mask"], one["area"], one["right"]) == ("a, b.jpg", "a, b_mask.png", "3", "3")
    assert (two["area"], two["left"], two["error"]) == ("0", "", "")
    assert (three["mask"], three["width"], three["error"]) == ("", "", "c.jpg is damaged: cut off")
