"""HAM10000 as its archive unpacks."""

import pytest

from keras_rau import datasets
from tests.data.source_files import kinds, write, write_isic2018

_TABLE = "lesion_id,image_id,dx\nHAM_1,ISIC_0000001,nv\nHAM_1,ISIC_0000002,nv\nHAM_2,ISIC_0000003,mel\n"


def _files(root):
    for number in (1, 2, 3):
        write(root / f"HAM10000_images_part_{1 + number // 3}" / f"ISIC_000000{number}.jpg")
        write(root / "HAM10000_segmentations_lesion_tschandl" / f"ISIC_000000{number}_segmentation.png", "mask")


@pytest.mark.parametrize("name", ["HAM10000_metadata.csv", "HAM10000_metadata", "ham10000_metadata.tab"])
def test_images_of_one_lesion_are_a_group(tmp_path, name):
    _files(tmp_path)
    (tmp_path / name).write_text(_TABLE.replace(",", "\t") if name.endswith("tab") else _TABLE)
    listing = datasets.survey("ham10000", tmp_path)
    assert listing.findings == []
    assert [sample.group for sample in listing.samples] == ["HAM_1", "HAM_1", "HAM_2"]
    assert listing.samples[0].metadata == {"lesion_id": "HAM_1", "dx": "nv", "diagnosis": "nevus"}
    assert listing.samples[2].metadata["diagnosis"] == "melanoma"


def test_without_the_table_lesions_are_unknown(tmp_path):
    _files(tmp_path)
    (finding,) = datasets.survey("ham10000", tmp_path).findings
    assert finding.kind == "metadata_missing"
    assert "images of one lesion may come apart" in finding.message
    assert [sample.group for sample in datasets.load("ham10000", tmp_path)] == [f"ISIC_000000{n}" for n in (1, 2, 3)]


def test_the_same_table_twice_is_read_as_one(tmp_path):
    _files(tmp_path)
    (tmp_path / "HAM10000_metadata").write_text(_TABLE)
    (tmp_path / "HAM10000_metadata.csv").write_text(_TABLE)
    assert datasets.survey("ham10000", tmp_path).findings == []
    (tmp_path / "HAM10000_metadata.csv").write_text(_TABLE.replace("HAM_2", "HAM_1"))
    assert kinds(datasets.survey("ham10000", tmp_path)) == ["metadata_contradictory"]


def test_challenge_folders_beside_are_left_out(tmp_path):
    _files(tmp_path)
    (tmp_path / "HAM10000_metadata.csv").write_text(_TABLE)
    write_isic2018(tmp_path / "isic", ["ISIC_0000001"])
    write(tmp_path / "ISIC2018_Task3_Test_Images" / "sub" / "ISIC_0000009.jpg")
    listing = datasets.survey("ham10000", tmp_path)
    assert len(listing.samples) == 3
    assert kinds(listing) == ["file_passed_over"] * 2
    assert sorted(finding.path.name for finding in listing.findings) == ["ISIC2018_Task3_Test_Images", "isic"]
    # The root itself may be called so.
    nested = tmp_path / "ISIC2018_Task1_mine"
    _files(nested)
    assert len(datasets.load("ham10000", nested)) == 3
