"""ISIC 2016, 2017 and 2018 as they are downloaded."""

import pytest

from keras_rau import datasets
from keras_rau.errors import DataError
from tests.data.source_files import findings, kinds, write, write_isic2018, write_pairs


def _isic2016(root):
    for word, ids in (("Training", ["ISIC_0000001", "ISIC_0000002"]), ("Test", ["ISIC_0000003"])):
        write_pairs(
            root, f"ISBI2016_ISIC_Part1_{word}_Data", f"ISBI2016_ISIC_Part1_{word}_GroundTruth", ids, "_Segmentation"
        )


def _isic2017(root):
    for number, word in enumerate(("Training", "Validation", "Test_v2"), start=1):
        folder = f"ISIC-2017_{word}_Data"
        write_pairs(root, folder, f"ISIC-2017_{word}_Part1_GroundTruth", [f"ISIC_000000{number}"])
        write(root / folder / f"ISIC_000000{number}_superpixels.png")


def test_isic2018_pairs_by_id_and_ignores_what_lies_around(tmp_path):
    root = tmp_path / "down load" / "nested"
    write_isic2018(root, ["ISIC_0000002", "ISIC_0000001"])
    folder = root / "ISIC2018_Task1-2_Training_Input"
    for name in ("LICENSE.txt", "ATTRIBUTION.txt"):
        (folder / name).write_text("x")
        (root / "ISIC2018_Task1_Training_GroundTruth" / name).write_text("x")
    write(folder / "ISIC_0000001_superpixels.png")
    (root / "metadata.csv").write_text("image_id,diagnosis\nISIC_0000001,nevus\nISIC_0000002,melanoma\n")
    samples = datasets.load("isic2018", tmp_path / "down load")
    assert [sample.id for sample in samples] == ["ISIC_0000001", "ISIC_0000002"]
    assert all(sample.mask.name == f"{sample.id}_segmentation.png" for sample in samples)
    assert samples[0].metadata == {"diagnosis": "nevus"}
    assert {sample.split for sample in samples} == {None}
    assert findings(datasets.survey("isic2018", tmp_path)) == []


def test_isic2018_keeps_the_official_split(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    write_isic2018(tmp_path, ["ISIC_0000002"], "Validation")
    write_isic2018(tmp_path, ["ISIC_0000003"], "Test")
    train, val, test = datasets.split(datasets.load("isic2018", tmp_path), official=True)
    assert [s.id for s in (*train, *val, *test)] == ["ISIC_0000001", "ISIC_0000002", "ISIC_0000003"]


def test_isic2016(tmp_path):
    _isic2016(tmp_path)
    samples = datasets.load("isic2016", tmp_path)
    assert [(s.id, s.split, s.metadata) for s in samples] == [
        ("ISIC_0000001", "train", {}),
        ("ISIC_0000002", "train", {}),
        ("ISIC_0000003", "test", {}),
    ]
    assert findings(datasets.survey("isic2016", tmp_path)) == []
    (tmp_path / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv").write_text(
        "ISIC_0000001,benign\nISIC_0000002,malignant\n"
    )
    (tmp_path / "ISBI2016_ISIC_Part3_Test_GroundTruth.csv").write_text("ISIC_0000003,1.0\n")
    samples = datasets.load("isic2016", tmp_path)
    assert [s.metadata["diagnosis"] for s in samples] == ["benign", "malignant", "malignant"]


def test_isic2016_with_a_table_of_other_words(tmp_path):
    _isic2016(tmp_path)
    (tmp_path / "ISBI2016_ISIC_Part3_Test_GroundTruth.csv").write_text("ISIC_0000003,perhaps\n")
    with pytest.raises(DataError, match=r"should give benign, malignant, 0 or 1. Received: ISIC_0000003, perhaps"):
        datasets.load("isic2016", tmp_path)


def test_isic2017(tmp_path):
    _isic2017(tmp_path)
    assert kinds(datasets.survey("isic2017", tmp_path)) == ["metadata_missing"] * 3
    for number, (word, marks) in enumerate((("Training", "1.0,0.0"), ("Validation", "0.0,1.0"), ("Test_v2", "0,0"))):
        # One as the archives have it, one as their description says.
        name = f"ISIC-2017_{word}_Data_metadata.csv" if number else f"ISIC-2017_{word}_metadata.csv"
        row = f"ISIC_000000{number + 1}"
        (tmp_path / f"ISIC-2017_{word}_Data" / name).write_text(f"image_id,age_approximate,sex\n{row},55,female\n")
        (tmp_path / f"ISIC-2017_{word}_Part3_GroundTruth.csv").write_text(
            f"image_id,melanoma,seborrheic_keratosis\n{row},{marks}\n"
        )
    listing = datasets.survey("isic2017", tmp_path)
    assert findings(listing) == []
    assert [(s.split, s.metadata["diagnosis"]) for s in listing.samples] == [
        ("train", "melanoma"),
        ("val", "seborrheic_keratosis"),
        ("test", "nevus"),
    ]
    assert listing.samples[0].metadata == {"age_approximate": "55", "sex": "female", "diagnosis": "melanoma"}


def test_isic2017_with_two_diagnoses(tmp_path):
    _isic2017(tmp_path)
    (tmp_path / "ISIC-2017_Training_Part3_GroundTruth.csv").write_text(
        "image_id,melanoma,seborrheic_keratosis\nISIC_0000001,1,1\n"
    )
    assert "metadata_unreadable" in kinds(datasets.survey("isic2017", tmp_path))


def test_letter_case_and_folders_that_windows_doubles(tmp_path):
    images = tmp_path / "isic2018_task1-2_training_input" / "ISIC2018_Task1-2_Training_INPUT"
    masks = tmp_path / "x" / "ISIC2018_TASK1_Training_GroundTruth" / "ISIC2018_Task1_Training_GroundTruth"
    write(images / "isic_0000001.JPG")
    write(masks / "ISIC_0000001_Segmentation.PNG", "mask")
    (sample,) = datasets.load("isic2018", tmp_path)
    assert sample.id == "ISIC_0000001"


def test_half_a_download_is_one_error(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    for number in range(5):
        write(tmp_path / "ISIC2018_Task1-2_Validation_Input" / f"ISIC_000001{number}.jpg")
        write(tmp_path / "ISIC2018_Task1_Test_GroundTruth" / f"ISIC_000002{number}_segmentation.png", "mask")
    listing = datasets.survey("isic2018", tmp_path)
    assert kinds(listing) == ["folder_missing"] * 2
    assert [sample.split for sample in listing.samples] == [None]
    with pytest.raises(
        DataError, match=r"(?s)Validation_Input has no masks: the folder .*Test_GroundTruth has no images"
    ):
        datasets.load("isic2018", tmp_path)
    with pytest.warns(UserWarning, match=r"(?s)Left out: 2 .*Its 5 files are left out"):
        assert len(datasets.load("isic2018", tmp_path, unpaired="drop")) == 1


def test_an_empty_folder(tmp_path):
    for name in ("ISIC2018_Task1-2_Training_Input", "ISIC2018_Task1_Training_GroundTruth"):
        (tmp_path / name).mkdir()
    assert kinds(datasets.survey("isic2018", tmp_path)) == ["no_images"]


def test_an_image_in_two_sets(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    write_isic2018(tmp_path, ["ISIC_0000001"], "Test")
    with pytest.raises(DataError, match=r"Two files have the id ISIC_0000001: .*Training.*Test"):
        datasets.load("isic2018", tmp_path)


def test_ids_that_differ_in_letter_case_are_one_id(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    write(tmp_path / "ISIC2018_Task1-2_Training_Input" / "isic_0000001.png")
    assert kinds(datasets.survey("isic2018", tmp_path)) == ["id_twice"]


def test_what_does_not_belong_is_listed(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    folder = tmp_path / "ISIC2018_Task1-2_Training_Input"
    write(folder / "ISIC_0000001 (1).jpg")
    write(folder / "old" / "ISIC_0000002.jpg")
    (folder / "notes.docx").write_text("x")
    listing = datasets.survey("isic2018", tmp_path)
    assert kinds(listing) == ["file_passed_over"] * 3
    messages = " ".join(finding.message for finding in findings(listing))
    assert "ISIC_0000001 (1).jpg is passed over: its name does not fit." in messages
    assert "notes.docx is passed over: it is not JPEG" in messages
    assert "old/ is passed over" in messages


@pytest.mark.parametrize(
    ("content", "expected", "kind"),
    [
        (b"image_id;diagnosis\nISIC_0000001;nevus\n", "nevus", None),
        (b"\xef\xbb\xbfIMAGE_ID\tdiagnosis\r\nisic_0000001\tn\xc3\xa6vus\r\n", "n\u00e6vus", None),
        (b"image_id,diagnosis\nISIC_0000001,n\xe6vus\n", "n\u00e6vus", None),
        ("image_id,diagnosis\nISIC_0000001,nevus\n".encode("utf-16"), "nevus", None),
        (b"image_id,diagnosis\nISIC_0000001,a\nISIC_0000001,b\n", "a", "metadata_contradictory"),
        (b"image_id,diagnosis\nISIC_0000001,a\nISIC_0000007,b\n", "a", "metadata_of_no_image"),
        (b"name,diagnosis\nISIC_0000001,a\n", None, "metadata_unreadable"),
        (b"", None, "metadata_unreadable"),
    ],
)
def test_tables(tmp_path, content, expected, kind):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    (tmp_path / "metadata.csv").write_bytes(content)
    listing = datasets.survey("isic2018", tmp_path)
    assert listing.samples[0].metadata.get("diagnosis") == expected
    assert kinds(listing) == ([kind] if kind else [])


def test_images_that_a_table_does_not_name_are_a_note(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001", "ISIC_0000002"])
    (tmp_path / "metadata.csv").write_text("image_id,diagnosis\nISIC_0000001,nevus\n")
    (finding,) = findings(datasets.survey("isic2018", tmp_path))
    assert (finding.kind, finding.severity) == ("metadata_missing", "note")
    assert "says nothing about 1 image(s): ISIC_0000002" in finding.message
    datasets.load("isic2018", tmp_path)


def test_one_table_about_all_sets(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    write_isic2018(tmp_path, ["ISIC_0000002"], "Test")
    write(tmp_path / "ISIC2018_Task1-2_Validation_Input" / "ISIC_0000003.jpg")
    (tmp_path / "metadata.csv").write_text(
        "image_id,diagnosis\nISIC_0000001,nevus\nISIC_0000002,melanoma\nISIC_0000003,nevus\n"
    )
    listing = datasets.survey("isic2018", tmp_path)
    assert kinds(listing) == ["folder_missing"]
    assert [(s.split, s.metadata["diagnosis"]) for s in listing.samples] == [("train", "nevus"), ("test", "melanoma")]
