"""What a mask says in numbers."""

from pathlib import Path

import numpy as np
import pytest

from keras_rau.errors import DataError
from keras_rau.evaluation.regions import Outcome, read_regions, region_of, regions_csv


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
        Outcome(Path("a, b.jpg"), {"lesion": "a, b_mask.png"}, {"lesion": region_of(np.eye(3))}),
        Outcome(Path("c.jpg"), {"lesion": "c_mask.png"}, {"lesion": region_of(np.zeros((3, 3)))}),
        Outcome(Path("d.jpg"), error="c.jpg is damaged:\n  cut off"),
    ]
    (tmp_path / "regions.csv").write_text(regions_csv(outcomes), newline="")
    one, two, three = read_regions(tmp_path / "regions.csv")
    assert (one["image"], one["mask"], one["area"], one["right"]) == ("a, b.jpg", "a, b_mask.png", "3", "3")
    assert (two["area"], two["left"], two["error"]) == ("0", "", "")
    assert (three["mask"], three["width"], three["error"]) == ("", "", "c.jpg is damaged: cut off")


def test_several_classes_have_a_row_each(tmp_path):
    regions = {"nevus": region_of(np.eye(3)), "melanoma": region_of(np.zeros((3, 3)))}
    outcome = Outcome(Path("a.jpg"), dict.fromkeys(regions, "a_mask.png"), regions)
    (tmp_path / "regions.csv").write_text(
        regions_csv([outcome, Outcome(Path("b.jpg"), error="damaged")], list(regions))
    )
    one, two, three = read_regions(tmp_path / "regions.csv")
    assert [(row["image"], row["class"], row["area"]) for row in (one, two)] == [
        ("a.jpg", "nevus", "3"),
        ("a.jpg", "melanoma", "0"),
    ]
    assert (three["image"], three["class"], three["error"]) == ("b.jpg", "", "damaged")
    assert outcome.found
    with pytest.raises(ValueError, match="several classes"):
        _ = outcome.region


def test_a_table_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "regions.csv").write_text("region,sales\nnorth,3\n")
    with pytest.raises(
        DataError, match=r"Not a table as keras-rau predict writes it: .*regions.csv has no column 'image'"
    ):
        read_regions(tmp_path / "regions.csv")
    with pytest.raises(DataError, match="No such file"):
        read_regions(tmp_path / "none.csv")
