"""Groups that a table gives, and what is said where nothing gives any."""

import pytest

from keras_rau import datasets
from keras_rau.datasets.sources.grouping import whose
from keras_rau.errors import DataError
from keras_rau.training import load_config
from keras_rau.training.data.split import load_split
from tests.data.source_files import write, write_isic2018, write_pairs


def _own(root, names="abcdefghij"):
    for number, name in enumerate(names):
        write(root / "images" / f"{name}.png", size=(24, 18 + number), fill=20 * number + 1)
        write(root / "masks" / f"{name}.png", "mask", size=(24, 18 + number))
    return root


@pytest.mark.filterwarnings("ignore:Images of a single colour")
def test_missing_groups_are_a_note_everywhere(tmp_path):
    _own(tmp_path)
    (tmp_path / "patients.csv").write_text("image,patient\n")
    wanted = ["table_not_read", "groups_missing"]
    listing = datasets.survey("folder", tmp_path)
    assert [finding.kind for finding in listing.findings] == wanted
    assert [found.kind for found in datasets.check(listing.samples) if found.severity == "note"] == ["groups_missing"]
    result = datasets.validate("folder", tmp_path, use_tfdv=False)
    assert set(wanted) <= {finding.kind for finding in result.findings}
    config = load_config(overrides={"data.dataset": "folder", "data.data_dir": str(tmp_path)})
    notes = load_split(config).notes
    assert ["patients.csv" in notes[0], "Nothing says which" in notes[1], len(notes)] == [True, True, 2]


@pytest.mark.filterwarnings("ignore:Images of a single colour")
def test_what_the_settings_answer_is_not_said(tmp_path):
    _own(tmp_path)
    (tmp_path / "pairs.csv").write_text("a,b\n")
    (tmp_path / "patients.csv").write_text(
        "image,patient\n" + "".join(f"{name},{name < 'd'}\n" for name in "abcdefghij")
    )
    options = {"metadata": "patients.csv", "group_column": "patient"}
    settings = {"data.dataset": "folder", "data.data_dir": str(tmp_path)}
    config = load_config(overrides={**settings, "data.near_duplicates": str(tmp_path / "pairs.csv")})
    assert not any("Nothing says" in note for note in load_split(config).notes)
    samples = datasets.load("folder", tmp_path, **options)
    assert len({sample.group for sample in samples}) == 2
    assert not any(found.kind.startswith("groups") for found in datasets.check(samples))


def test_phantoms_are_of_nobody(tmp_path):
    datasets.load("phantom", tmp_path, n=3, size=32)
    assert datasets.survey("phantom", tmp_path).findings == []


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["image_id", "lesion_id", "Patient ID"], "Patient ID"),
        (["PatientID"], "PatientID"),
        (["patientid"], "patientid"),
        (["lesion_id"], "lesion_id"),
        (["subject"], "subject"),
        (["patient_age", "lesion_type", "case_report", "showcase"], None),
        ([], None),
    ],
)
def test_columns_that_tell_patients_apart(columns, expected):
    assert whose(columns) == expected


def test_patients_and_lesions_of_the_archive_are_groups(tmp_path):
    names = [f"ISIC_000000{k}" for k in range(6)]
    write_isic2018(tmp_path, names)
    rows = [("IP_2", "IL_9"), ("IP_2", ""), ("", "IL_9"), ("", "IL_1"), ("", "IL_1"), ("", "")]
    lines = [f"{name},{patient},{lesion},nevus" for name, (patient, lesion) in zip(names, rows, strict=True)]
    text = "\n".join(["isic_id,patient_id,lesion_id,diagnosis", *lines]) + "\n"
    for file in ("metadata.csv", "challenge_metadata_2025-02-24.csv"):
        (tmp_path / file).write_text(text)
        listing = datasets.survey("isic2018", tmp_path)
        assert [sample.group for sample in listing.samples] == ["IP_2", "IP_2", "IP_2", "IL_1", "IL_1", "ISIC_0000005"]
        assert listing.samples[3].metadata == {"lesion_id": "IL_1", "diagnosis": "nevus"}
        assert listing.findings == []
        (tmp_path / file).unlink()


@pytest.mark.parametrize("cell", ["{}", "{}.jpg", "images/{}.JPG"])
def test_one_patient_in_two_official_sets_is_leakage(cell, tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001", "ISIC_0000002"])
    write_isic2018(tmp_path, ["ISIC_0000003", "ISIC_0000004"], "Test")
    rows = "".join(f"{cell.format(name)},IP_1\n" for name in ("ISIC_0000001", "ISIC_0000003"))
    (tmp_path / "metadata.csv").write_text(f"isic_id,patient_id\n{rows}")
    samples = datasets.load("isic2018", tmp_path)
    sets = {name: [sample for sample in samples if sample.split == name] for name in ("train", "test")}
    for one in sets.values():
        for sample in one:
            sample.image.write_bytes(sample.image.read_bytes() + sample.id.encode())
    (finding,) = datasets.leakage(sets)
    assert "show the same lesion or are of one group" in finding.message


@pytest.mark.parametrize("cell", ["N/A", "nan", "unknown", "-", "None", "Not available"])
def test_patients_whom_nobody_knows_are_not_one_patient(tmp_path, cell):
    write_pairs(tmp_path / "own", "images", "masks", ["a", "b", "c"], "_mask")
    (tmp_path / "own" / "metadata.csv").write_text(f"image_id,patient\na,{cell}\nb,{cell}\nc,p1\n")
    samples = datasets.load("folder", tmp_path / "own", group_column="patient")
    assert [sample.group for sample in samples] == ["a", "b", "p1"]
    write_isic2018(tmp_path / "isic", ["ISIC_0000001", "ISIC_0000002"])
    (tmp_path / "isic" / "metadata.csv").write_text(
        f"isic_id,patient_id,lesion_id\nISIC_0000001,{cell},\nISIC_0000002,{cell},{cell}\n"
    )
    listing = datasets.survey("isic2018", tmp_path / "isic")
    assert [sample.group for sample in listing.samples] == ["ISIC_0000001", "ISIC_0000002"]
    assert "groups_missing" in [finding.kind for finding in listing.findings]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("image_id,patient\n", "has no values in a column 'patient'"),
        ("image_id,patient\na,nan\nb,\n", "has no values in a column 'patient'"),
        ("image_id,patient,patient\na,1,2\nb,1,3\n", "several columns of one name: patient"),
    ],
)
def test_tables_that_cannot_say_the_patient_are_refused(tmp_path, table, said):
    write_pairs(tmp_path, "images", "masks", ["a", "b"], "_mask")
    (tmp_path / "metadata.csv").write_text(table)
    with pytest.raises(DataError, match=said):
        datasets.load("folder", tmp_path, group_column="patient")
