"""What all sources have in common: pairs, findings, errors and warnings."""

import inspect
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.cli.train import train
from keras_rau.datasets.findings import KINDS
from keras_rau.errors import DataError, UsageError
from tests.data.source_files import findings, kinds, write, write_isic2018


def test_missing_and_empty_folders(tmp_path):
    (tmp_path / "file").write_text("x")
    for name in datasets.names():
        if name == "phantom":
            continue
        for read in (datasets.load, datasets.survey):
            with pytest.raises(DataError, match="does not exist"):
                read(name, tmp_path / "nowhere")
        with pytest.raises(DataError, match="is a file"):
            datasets.load(name, tmp_path / "file")
        with pytest.raises(DataError):
            datasets.load(name, tmp_path)
    with pytest.raises(DataError, match="does not look like ISIC 2018"):
        datasets.load("isic2018", tmp_path)


def test_what_has_no_partner_is_named_or_dropped_with_a_warning(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001", "ISIC_0000002", "ISIC_0000003"])
    (tmp_path / "ISIC2018_Task1_Training_GroundTruth" / "ISIC_0000002_segmentation.png").unlink()
    (tmp_path / "ISIC2018_Task1-2_Training_Input" / "ISIC_0000003.jpg").unlink()
    with pytest.raises(
        DataError, match=r"(?s)2 file.*ISIC_0000002.jpg has no mask.*ISIC_0000003_segmentation.png has no image"
    ):
        datasets.load("isic2018", tmp_path)
    with pytest.warns(UserWarning, match="ISIC_0000002"):
        samples = datasets.load("isic2018", tmp_path, unpaired="drop")
    assert [sample.id for sample in samples] == ["ISIC_0000001"]


def test_duplicate_ids(tmp_path):
    write(tmp_path / "images" / "a.jpg")
    write(tmp_path / "images" / "a.png")
    write(tmp_path / "masks" / "a.png", "mask")
    with pytest.raises(DataError, match=r"Two files have the id a: .*a.jpg and .*a.png"):
        datasets.load("folder", tmp_path)


def test_unknown_names():
    with pytest.raises(UsageError, match="Did you mean 'isic2018'"):
        datasets.load("isic2081", ".")
    with pytest.raises(UsageError, match="does not take this option"):
        datasets.load("ph2", ".", colour=1)


def test_check_reports_every_problem_at_once(tmp_path):
    for name in ("good", "cut", "grey", "small", "text"):
        write(tmp_path / "images" / f"{name}.png", size=(40, 30), fill=17)
        write(tmp_path / "masks" / f"{name}.png", "mask", size=(40, 30))
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8))
    noise.save(tmp_path / "images" / "cut.png")
    whole = (tmp_path / "images" / "cut.png").read_bytes()
    (tmp_path / "images" / "cut.png").write_bytes(whole[: len(whole) // 2])
    Image.fromarray(np.arange(1200, dtype=np.uint8).reshape(30, 40)).save(tmp_path / "masks" / "grey.png")
    write(tmp_path / "masks" / "small.png", "mask", size=(20, 30))
    (tmp_path / "images" / "text.png").write_text("not an image")
    with pytest.raises(DataError) as caught:
        datasets.check(datasets.load("folder", tmp_path))
    message = str(caught.value)
    assert message.startswith("4 problem(s) in 5 samples")
    assert "cut.png cannot be read" in message
    assert "grey.png is not a mask of two values: it holds 256 grey values from 0 to 255" in message
    assert "small.png is 20×30 pixels" in message
    assert "text.png is damaged or no image" in message
    assert "good" not in message


@pytest.mark.parametrize("options", [{"n": "abc"}, {"n": 0}, {"seed": -1}, {"size": 10}, {"size": 64.0}])
def test_phantoms_that_cannot_be_drawn(options, tmp_path):
    with pytest.raises(UsageError, match=f"`{next(iter(options))}` must be a whole number"):
        datasets.load("phantom", tmp_path / "p", **options)
    assert not (tmp_path / "p").exists()


def test_files_of_other_kinds_are_listed(tmp_path):
    for name, kind in (("images", "image"), ("masks", "mask")):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "a.png", kind)
    (tmp_path / "images" / "notes.txt").write_text("x")
    (tmp_path / "images" / "more").mkdir()
    (tmp_path / "images" / "Thumbs.db").write_text("x")
    with pytest.warns(UserWarning, match=r"(?s)Left out: 2 file.*notes.txt is passed.*more/ is passed"):
        assert len(datasets.load("folder", tmp_path)) == 1


def test_names_of_sources():
    assert datasets.names() == ["isic2016", "isic2017", "isic2018", "ph2", "ham10000", "folder", "phantom"]


def test_the_help_of_train_names_every_source():
    annotation = inspect.signature(train).parameters["dataset"].annotation
    (option,) = annotation.__metadata__
    assert all(name in option.help for name in datasets.names())


def test_a_survey_collects_everything_and_load_says_it_in_one_error(tmp_path):
    for name in ("a", "b", "c", "d"):
        write(tmp_path / "images" / f"{name}.jpg")
        write(tmp_path / "masks" / f"{name}.png", "mask")
    write(tmp_path / "images" / "a.PNG")
    (tmp_path / "images" / "b.jpg").write_bytes(b"")
    (tmp_path / "masks" / "c.png").unlink()
    listing = datasets.survey("folder", tmp_path)
    assert [sample.id for sample in listing.samples] == ["a", "d"]
    assert kinds(listing) == ["file_empty", "id_twice", "mask_missing"]
    assert {finding.sample for finding in findings(listing)} == {"a", "b", "c"}
    with pytest.raises(DataError) as caught:
        datasets.load("folder", tmp_path)
    message = str(caught.value)
    assert message.startswith(f"3 problem(s) in {tmp_path}.")
    assert "b.jpg is empty (0 bytes)" in message
    assert "Two files have the id a" in message
    assert "c.jpg has no mask" in message
    assert "unpaired='drop'" in message


def test_long_lists_are_cut_after_ten_of_a_kind(tmp_path):
    for number in range(15):
        write(tmp_path / "images" / f"{number:02d}.jpg")
    write(tmp_path / "masks" / "00.png", "mask")
    with pytest.raises(DataError, match=r"(?s)14 file.*10.jpg has no mask\n  … and 4 more"):
        datasets.load("folder", tmp_path)
    assert kinds(datasets.survey("folder", tmp_path)) == ["mask_missing"] * 14


def test_nothing_pairs(tmp_path):
    write(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "b.png", "mask")
    assert kinds(datasets.survey("folder", tmp_path)) == ["image_missing", "mask_missing", "no_images"]
    with pytest.raises(DataError, match="has a mask with the same name"):
        datasets.load("folder", tmp_path, unpaired="drop")
    with pytest.raises(UsageError, match="`unpaired` must be 'raise' or 'drop'"):
        datasets.survey("folder", tmp_path, unpaired="keep")


def test_litter_of_operating_systems_goes_without_saying(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    for folder in list(tmp_path.iterdir()):
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._ISIC_0000001.jpg", "._ISIC_0000001_segmentation.png"):
            (folder / name).write_text("x")
        write(tmp_path / "__MACOSX" / folder.name / "ISIC_0000009.jpg")
    listing = datasets.survey("isic2018", tmp_path)
    assert len(listing.samples) == 1
    assert listing.findings == []


def test_links_are_followed_but_not_in_circles(tmp_path):
    write_isic2018(tmp_path / "store", ["ISIC_0000001", "ISIC_0000002"])
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "store")
    (tmp_path / "store" / "back").symlink_to(root)
    (tmp_path / "store" / "self").symlink_to(tmp_path / "store")
    assert len(datasets.load("isic2018", root)) == 2
    image = root / "linked" / "ISIC2018_Task1-2_Training_Input" / "ISIC_0000001.jpg"
    image.rename(tmp_path / "elsewhere.jpg")
    image.symlink_to(tmp_path / "elsewhere.jpg")
    assert len(datasets.load("isic2018", root)) == 2
    (tmp_path / "elsewhere.jpg").unlink()
    listing = datasets.survey("isic2018", root)
    assert [sample.id for sample in listing.samples] == ["ISIC_0000002"]
    (finding,) = listing.findings
    assert finding.kind == "file_unreadable"
    assert "is a link to a file that does not exist" in finding.message


def test_two_links_to_one_file_are_one_image(tmp_path):
    write_isic2018(tmp_path / "a", ["ISIC_0000001"])
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert len(datasets.load("isic2018", tmp_path)) == 1


def test_packed_archives(tmp_path):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    name = "ISIC2018_Task1-2_Training_Input"
    image = tmp_path / name / "ISIC_0000001.jpg"
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
        archive.write(image, f"{name}/ISIC_0000001.jpg")
    assert datasets.survey("isic2018", tmp_path).findings == []
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "a") as archive:
        archive.write(image, f"{name}/ISIC_0000002.jpg")
    listing = datasets.survey("isic2018", tmp_path)
    assert kinds(listing) == ["archive_packed"]
    assert "1 of its 2 images are not in the folder. Unpack it." in listing.findings[0].message
    with pytest.warns(UserWarning, match="is packed"):
        datasets.load("isic2018", tmp_path)
    (tmp_path / f"{name}.zip").write_bytes(b"half a download")
    assert "cannot be opened" in datasets.survey("isic2018", tmp_path).findings[0].message


@pytest.mark.parametrize("source", ["isic2016", "isic2017", "isic2018", "ph2", "ham10000"])
def test_nothing_but_archives(tmp_path, source):
    name = "ISIC2018_Task1-2_Training_Input.zip"
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("ISIC_0000001.jpg", b"x")
    with pytest.raises(DataError, match=rf"does not look like.*{name}"):
        datasets.survey(source, tmp_path)


def test_other_archives(tmp_path):
    write(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", "mask")
    (tmp_path / "rest.tar.gz").write_bytes(b"x")
    (tmp_path / "images" / "more.rar").write_bytes(b"x")
    assert kinds(datasets.survey("folder", tmp_path)) == ["archive_packed"] * 2
    (tmp_path / "rest").mkdir()
    assert kinds(datasets.survey("folder", tmp_path)) == ["archive_packed"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_called_an_archive_is_not_waited_for(tmp_path):
    write(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", "mask")
    os.mkfifo(tmp_path / "rest.zip")
    assert [sample.id for sample in datasets.load("folder", tmp_path)] == ["a"]


def test_folders_that_cannot_be_read(tmp_path, monkeypatch):
    write_isic2018(tmp_path, ["ISIC_0000001"])
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = datasets.survey("isic2018", tmp_path)
    assert kinds(listing) == ["file_unreadable"]
    assert "locked cannot be read: Permission denied" in listing.findings[0].message


def test_kinds_of_findings_are_names_that_users_keep():
    assert set(KINDS.values()) == {"error", "warning", "note"}
    emitted = "folder_missing no_images mask_missing image_missing id_twice ids_differ_in_case unpaired_left_out"
    emitted += " file_passed_over archive_packed metadata_unreadable metadata_contradictory metadata_missing"
    emitted += " metadata_of_no_image file_unreadable file_empty"
    assert set(emitted.split()) <= set(KINDS)
