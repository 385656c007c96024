"""PH2 in its original tree and flattened, with its tables."""

import numpy as np
import pytest
from openpyxl import Workbook
from PIL import Image

from keras_rau import datasets
from keras_rau.errors import DataError
from tests.data.source_files import findings, kinds, write

_HEADER = "||   Name || Histological Diagnosis || Clinical Diagnosis || Asymmetry | Pigment Network || Colors ||\n"
_ROWS = {
    "IMD002": "|| IMD002 || || 1 || 1 | AT | T | P | A | P || 3  4 ||\n",
    "IMD003": "|| IMD003 || Compound nevus || 0 || 0 | T | A | A | A | A || 4 ||\n",
}
_LEGEND = "\nLegends:\nClinical Diagnosis:\n\t0 - Common Nevus; 1 - Atypical Nevus; 2 - Melanoma.\n"


def _tree(root, numbers=(2, 3)):
    for number in numbers:
        name = f"IMD{number:03d}"
        base = root / "PH2 Dataset images" / name
        write(base / f"{name}_Dermoscopic_Image" / f"{name}.bmp")
        write(base / f"{name}_lesion" / f"{name}_lesion.bmp", "1-bit")
        write(base / f"{name}_roi" / f"{name}_R1_Label3.bmp", "1-bit")


def _text(root, rows=_ROWS):
    (root / "PH2_dataset.txt").write_text(_HEADER + "".join(rows.values()) + _LEGEND, encoding="latin-1")


def _workbook(path, diagnosis="D"):
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["A13"] = "Legends", "Image Name"
    for row, (name, cells) in enumerate(
        {
            "IMD002": {diagnosis: "X", "F": 1, "G": "AT", "H": "T", "I": "P", "J": "A", "K": "P", "N": "X", "O": "X"},
            "IMD003": {
                "B": "Compound nevus",
                "C": "X",
                **{"F": 0, "G": "T", "H": "A", "I": "A", "J": "A", "K": "A", "O": "X"},
            },
        }.items(),
        start=14,
    ):
        sheet[f"A{row}"] = name
        for column, value in cells.items():
            sheet[f"{column}{row}"] = value
    book.save(path)


def test_the_original_tree_reads_one_bit_and_colour_masks(tmp_path):
    _tree(tmp_path)
    mask = tmp_path / "PH2 Dataset images" / "IMD002" / "IMD002_lesion" / "IMD002_lesion.bmp"
    Image.open(mask).convert("RGB").save(mask)
    (tmp_path / "Readme.txt").write_text("x")
    samples = datasets.load("ph2", tmp_path)
    assert [sample.id for sample in samples] == ["IMD002", "IMD003"]
    first, second = (datasets.read_mask(sample.mask) for sample in samples)
    np.testing.assert_array_equal(first, second)
    assert first.sum() == 9


def test_letter_case_and_depth(tmp_path):
    base = tmp_path / "Down loads" / "PH2Dataset" / "ph2 dataset images" / "imd002"
    write(base / "imd002_dermoscopic_image" / "imd002.BMP")
    write(base / "imd002_LESION" / "imd002_Lesion.Bmp", "1-bit")
    (sample,) = datasets.load("ph2", tmp_path)
    assert sample.id == "IMD002"


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("IMD002.bmp", "IMD002_lesion.bmp"),
        ("images/IMD002.bmp", "masks/IMD002_lesion.bmp"),
        ("images/IMD002.png", "masks/IMD002.png"),
        ("trainx/IMD002.jpg", "GroundTruth/IMD002.jpg"),
        ("images/IMD002.jpg", "images/IMD002_mask.png"),
    ],
)
def test_flattened_copies(tmp_path, image, mask):
    write(tmp_path / image)
    write(tmp_path / mask, "mask")
    (sample,) = datasets.load("ph2", tmp_path)
    assert sample.image == tmp_path / image
    assert sample.mask == tmp_path / mask


def test_both_tables_say_the_same(tmp_path):
    _tree(tmp_path)
    (finding,) = findings(datasets.survey("ph2", tmp_path))
    assert finding.kind == "metadata_missing"
    expected = {
        "diagnosis": "atypical_nevus",
        "asymmetry": "asymmetric_in_one_axis",
        "pigment_network": "atypical",
        "dots_globules": "typical",
        "streaks": "present",
        "regression": "absent",
        "blue_whitish_veil": "present",
        "colours": "light_brown, dark_brown",
    }
    _text(tmp_path)
    from_text = datasets.survey("ph2", tmp_path)
    _workbook(tmp_path / "PH2_dataset.xlsx")
    both = datasets.survey("ph2", tmp_path)
    (tmp_path / "PH2_dataset.txt").unlink()
    from_workbook = datasets.survey("ph2", tmp_path)
    for listing in (from_text, both, from_workbook):
        assert findings(listing) == []
        assert listing.samples[0].metadata == expected
        assert listing.samples[1].metadata["diagnosis"] == "common_nevus"
        assert listing.samples[1].metadata["histological_diagnosis"] == "compound_nevus"
        assert listing.samples[1].metadata["asymmetry"] == "symmetric"
        assert listing.samples[1].metadata["colours"] == "dark_brown"


def test_tables_that_disagree(tmp_path):
    _tree(tmp_path)
    _text(tmp_path)
    _workbook(tmp_path / "PH2_dataset.xlsx", diagnosis="E")
    (finding,) = findings(datasets.survey("ph2", tmp_path))
    assert (finding.kind, finding.sample) == ("metadata_contradictory", "IMD002")
    assert "the diagnosis 'melanoma', after 'atypical_nevus' before" in finding.message
    with pytest.warns(UserWarning, match="The first is kept"):
        assert datasets.load("ph2", tmp_path)[0].metadata["diagnosis"] == "atypical_nevus"


def test_tables_of_other_images(tmp_path):
    _tree(tmp_path, [2])
    _text(tmp_path)
    (finding,) = findings(datasets.survey("ph2", tmp_path))
    assert finding.kind == "metadata_of_no_image"
    assert "names 1 image(s) that are not in" in finding.message
    assert finding.message.endswith("IMD003")


@pytest.mark.parametrize(
    "row",
    [
        "|| IMD002 || || 3 || 1 | AT | T | P | A | P || 3 ||\n",
        "|| IMD002 || || -1 || 1 | AT | T | P | A | P || 3 ||\n",
        "|| IMD002 || || 1 || 1 | AT | T | P | A || 3 ||\n",
        "|| IMD002 || || 1 || 1 | AT | T | P | A | Q || 3 ||\n",
        "|| IMD002 || || 1 || 1 | AT | T | P | A | P || 0 ||\n",
        "|| IMD002 || || 1 || 1 | AT | T | P | A | P || 7 ||\n",
        "|| IMD002 || || 1\n",
    ],
)
def test_rows_that_cannot_be_understood(tmp_path, row):
    _tree(tmp_path)
    _text(tmp_path, {**_ROWS, "IMD002": row})
    listing = datasets.survey("ph2", tmp_path)
    assert kinds(listing) == ["metadata_missing", "metadata_unreadable"]
    assert listing.samples[1].metadata["diagnosis"] == "common_nevus"
    with pytest.raises(DataError, match=r"PH2_dataset.txt cannot be understood at IMD002"):
        datasets.load("ph2", tmp_path)


def test_damaged_tables(tmp_path):
    _tree(tmp_path)
    (tmp_path / "PH2_dataset.txt").write_text("nothing")
    (tmp_path / "PH2_dataset.xlsx").write_bytes(b"PK\x03\x04 half")
    messages = [finding.message for finding in findings(datasets.survey("ph2", tmp_path))]
    assert len(messages) == 2
    assert "holds no row that begins with IMDnnn" in messages[0]
    assert "is not a workbook that can be read" in messages[1]


def test_a_table_of_ones_own(tmp_path):
    _tree(tmp_path)
    (tmp_path / "metadata.csv").write_text("image_id,diagnosis\nIMD002,melanoma\nIMD003,common_nevus\n")
    assert [sample.metadata for sample in datasets.load("ph2", tmp_path)] == [
        {"diagnosis": "melanoma"},
        {"diagnosis": "common_nevus"},
    ]


def test_what_does_not_belong_is_listed_once_for_many_folders(tmp_path):
    _tree(tmp_path, range(2, 10))
    for folder in sorted((tmp_path / "PH2 Dataset images").glob("*/*_lesion")):
        (folder / "old.txt").write_text("x")
    listing = datasets.survey("ph2", tmp_path)
    assert kinds(listing) == ["file_passed_over"] * 8 + ["metadata_missing"]
    with pytest.warns(UserWarning, match=r"Left out: 8 file") as caught:
        datasets.load("ph2", tmp_path)
    assert len(caught) == 1


def test_an_image_twice(tmp_path):
    _tree(tmp_path)
    write(tmp_path / "png" / "IMD002.png")
    assert "id_twice" in kinds(datasets.survey("ph2", tmp_path))


def test_what_lies_beside_the_tree_is_listed(tmp_path):
    _tree(tmp_path / "PH2Dataset")
    _text(tmp_path / "PH2Dataset")
    write(tmp_path / "PH2Dataset" / "PH2 Dataset images" / "IMD002 copy.bmp")
    write(tmp_path / "other" / "a.jpg")
    (tmp_path / "README.md").write_text("x")
    listing = datasets.survey("ph2", tmp_path)
    assert sorted(finding.path.name for finding in findings(listing)) == ["IMD002 copy.bmp", "other"]
    assert kinds(listing) == ["file_passed_over"] * 2
