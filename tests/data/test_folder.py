"""Anybody's own images and masks."""

import unicodedata

import pytest

from keras_rau import datasets
from keras_rau.datasets.sources.patterns import Pattern
from keras_rau.errors import DataError, UsageError
from tests.data.source_files import kinds, write


def _ids(root, **options):
    samples = datasets.load("folder", root, **options)
    return {sample.id: (sample.image.name, sample.mask.name) for sample in samples}


def _files(root, *paths):
    for path in paths:
        write(root / path, "mask" if "mask" in path else "RGB")


@pytest.mark.parametrize("suffix", ["", "_mask", "_segmentation", "_lesion", "_MASK"])
def test_two_folders(tmp_path, suffix):
    write(tmp_path / "images" / "Ärzte 1.JPG")
    write(tmp_path / "masks" / f"Ärzte 1{suffix}.png", "mask")
    (sample,) = datasets.load("folder", tmp_path)
    assert sample.id == "Ärzte 1"


def test_an_image_whose_own_name_ends_like_a_mask(tmp_path):
    _files(tmp_path, "images/a_mask.jpg", "images/a.jpg", "masks/a_mask.png", "masks/a.png")
    assert _ids(tmp_path) == {"a": ("a.jpg", "a.png"), "a_mask": ("a_mask.jpg", "a_mask.png")}


def test_one_folder_for_both(tmp_path):
    _files(tmp_path, "a.jpg", "a_mask.png", "b.png", "b_segmentation.png")
    assert _ids(tmp_path, images=".", masks=".") == {
        "a": ("a.jpg", "a_mask.png"),
        "b": ("b.png", "b_segmentation.png"),
    }


@pytest.mark.parametrize(
    ("files", "options"),
    [
        (["a.jpg", "a_mask.png"], {"image_pattern": "{id}.jpg", "mask_pattern": "{id}_mask.png"}),
        (["a.png", "a_mask.png"], {"image_pattern": "{id}.png", "mask_pattern": "{id}_mask.png"}),
        (["a_image.png", "a.png"], {"image_pattern": "{id}_image.png", "mask_pattern": "{id}.png"}),
        (["a.JPG", "a_MASK.PNG"], {"image_pattern": "{id}.jpg", "mask_pattern": "{id}_mask.*"}),
        (["a.jpg", "a_mask.jpg"], {"image_pattern": "{id}.jpg"}),
        (["a.jpg", "a_label.png"], {"mask_pattern": "{id}_label.png"}),
        (["w/a/image.jpg", "w/a/mask.png"], {"image_pattern": "*/{id}/image.jpg", "mask_pattern": "*/{id}/mask.png"}),
        (["images/x-a.jpg", "masks/a_v2.png"], {"image_pattern": "x-{id}.jpg", "mask_pattern": "{id}_v?.png"}),
        (["p/a.jpg", "q/a_m.png"], {"image_pattern": "{id}.jpg", "mask_pattern": "{id}_m.png", "recursive": True}),
        (["img/a.jpg", "img/gt/a.png"], {"images": "img", "masks": "img/gt"}),
        (["img/a.jpg", "img/gt/a.png"], {"images": "img", "masks": "img/gt", "recursive": True}),
    ],
)
def test_patterns(tmp_path, files, options):
    _files(tmp_path, *files)
    listing = datasets.survey("folder", tmp_path, **options)
    assert [(s.id, s.image, s.mask) for s in listing.samples] == [("a", tmp_path / files[0], tmp_path / files[1])]
    assert listing.findings == []


def test_a_file_that_fits_both_patterns_alike_is_listed(tmp_path):
    _files(tmp_path, "img_1.png", "1_msk.png", "img_2_msk.png")
    listing = datasets.survey("folder", tmp_path, image_pattern="img_{id}.png", mask_pattern="{id}_msk.png")
    assert [sample.id for sample in listing.samples] == ["1"]
    assert kinds(listing) == ["file_passed_over"]


def test_files_that_fit_no_pattern_are_listed(tmp_path):
    _files(tmp_path, "images/a.jpg", "images/b.png", "masks/a.png")
    with pytest.warns(UserWarning, match=r"b.png is passed over: its name does not fit"):
        datasets.load("folder", tmp_path, image_pattern="{id}.jpg")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("mask.png", "exactly once"),
        ("{id}_{id}.png", "exactly once"),
        (3, "exactly once"),
        ("{name}_{id}.png", "no braces"),
        ("*{id}.png", "needs a character between"),
        ("{id}*.png", "needs a character between"),
        ("**/{id}.png", "no \\*\\*"),
        ("../{id}.png", "is relative to its folder"),
        ("/data/{id}.png", "is relative to its folder"),
        ("a\\{id}.png", "is relative to its folder"),
        ("{id}.dcm", "must name files of one of these kinds"),
        ("{id}_mask", "must name files of one of these kinds"),
    ],
)
def test_bad_patterns(tmp_path, pattern, message):
    with pytest.raises(UsageError, match=rf"`mask_pattern`.*{message}.*Received: mask_pattern="):
        datasets.load("folder", tmp_path, mask_pattern=pattern)


@pytest.mark.parametrize("options", [{"recursive": "yes"}, {"images": 3}, {"metadata": 1}, {"group_column": ["a"]}])
def test_bad_options(tmp_path, options):
    with pytest.raises(UsageError, match=f"`{next(iter(options))}` must be"):
        datasets.load("folder", tmp_path, **options)


def test_ids_of_patterns():
    assert Pattern("*_{id}.png", "x").identify("a_b_c.png") == "b_c"
    assert Pattern("{id}_mask*.png", "x").identify("a_mask_mask1.png") == "a_mask"
    assert Pattern("{id}.jpg", "x").identify("v1.2.jpg") == "v1.2"
    assert Pattern("{id}.jpg", "x").identify("sub/a.jpg") is None


def test_folders_within_give_ids_that_tell_them_apart(tmp_path):
    _files(tmp_path, "images/p1/7.jpg", "images/p2/7.jpg", "masks/p1/7_mask.png", "masks/p2/7.png")
    assert list(_ids(tmp_path, recursive=True)) == ["p1_7", "p2_7"]
    with pytest.raises(DataError, match="No images were found"):
        datasets.load("folder", tmp_path)


def test_accents_stored_apart_by_macos(tmp_path):
    apart, whole = (unicodedata.normalize(form, "Läsion é") for form in ("NFD", "NFC"))
    assert apart != whole
    write(tmp_path / "images" / f"{apart}.jpg")
    write(tmp_path / "masks" / f"{whole}.png", "mask")
    (tmp_path / "metadata.csv").write_text(f"id,diagnosis\n{apart},nevus\n", encoding="utf-8")
    (sample,) = datasets.load("folder", tmp_path)
    assert (sample.id, sample.metadata) == (whole, {"diagnosis": "nevus"})
    (tmp_path / "images").rename(tmp_path / unicodedata.normalize("NFD", "Häute"))
    assert len(datasets.load("folder", tmp_path, images=unicodedata.normalize("NFC", "Häute"))) == 1


def test_letter_case(tmp_path):
    _files(tmp_path, "Images/IMG_1.JPG", "MASKS/img_1_mask.png")
    assert _ids(tmp_path) == {"IMG_1": ("IMG_1.JPG", "img_1_mask.png")}
    _files(tmp_path, "Images/img_1.png", "MASKS/IMG_1.png")
    listing = datasets.survey("folder", tmp_path)
    assert [(sample.id, sample.mask.name) for sample in listing.samples] == [
        ("IMG_1", "IMG_1.png"),
        ("img_1", "img_1_mask.png"),
    ]
    assert kinds(listing) == ["ids_differ_in_case"]


def test_a_table_with_groups(tmp_path):
    _files(tmp_path, *[f"{folder}/{name}.png" for folder in ("images", "masks") for name in "abc"])
    (tmp_path / "table.csv").write_text("file,patient,diagnosis\na.png,P1,nevus\nb,P1,melanoma\nc,,\n")
    samples = datasets.load("folder", tmp_path, metadata="table.csv", group_column="patient")
    assert [sample.group for sample in samples] == ["P1", "P1", "c"]
    assert [sample.metadata.get("diagnosis") for sample in samples] == ["nevus", "melanoma", None]
    (tmp_path / "metadata.csv").write_text("diagnosis;image_id;group\nnevus;a;G\nnevus;b;G\nnevus;c;H\n")
    assert [sample.group for sample in datasets.load("folder", tmp_path)] == ["G", "G", "H"]


def test_tables_that_do_not_help(tmp_path):
    _files(tmp_path, "images/a.png", "masks/a.png")
    with pytest.raises(DataError, match=r"The table .*none.csv does not exist"):
        datasets.load("folder", tmp_path, metadata="none.csv")
    with pytest.raises(DataError, match=r"The table .*metadata.csv does not exist"):
        datasets.load("folder", tmp_path, group_column="patient")
    (tmp_path / "metadata.csv").write_text("id,diagnosis\na,nevus\nz,nevus\n")
    with pytest.raises(DataError, match=r"no values in a column 'patient'. Its columns: diagnosis"):
        datasets.load("folder", tmp_path, group_column="patient")
    with pytest.warns(UserWarning, match=r"names 1 image\(s\) that are not in .*: z"):
        datasets.load("folder", tmp_path)
