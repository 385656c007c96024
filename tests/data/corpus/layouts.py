"""Folders as they are downloaded, copied and mixed up."""

import unicodedata
import zipfile
from pathlib import Path

from tests.data.corpus.cases import Pixels, case
from tests.data.corpus.drawing import PH2_HEAD, ham, isic, own, ph2, ph2_row, picture, text, write

_LITTER = ("Thumbs.db", "desktop.ini", ".DS_Store", "._ISIC_0000001.jpg")


@case("isic2016", "both official sets with their diagnoses")
def isic2016_as_downloaded(root: Path) -> None:
    isic(root, "isic2016", range(2))
    isic(root, "isic2016", [3], "Test")
    text(root / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv", "ISIC_0000000,benign\nISIC_0000001,malignant\n")
    text(root / "ISBI2016_ISIC_Part3_Test_GroundTruth.csv", "ISIC_0000003,0.0\n")


@case("isic2017", "superpixels and tables lie among the images; the test set is called v2")
def isic2017_as_downloaded(root: Path) -> None:
    for part, numbers in (("Training", (0, 1)), ("Validation", (2,)), ("Test_v2", (3,))):
        images, _ = isic(root, "isic2017", numbers, part)
        for number in numbers:
            write(images / f"ISIC_{number:07d}_superpixels.png", picture(number)[0])
        rows = "".join(f"ISIC_{number:07d},55,male\n" for number in numbers)
        text(images / f"ISIC-2017_{part}_Data_metadata.csv", "image_id,age_approximate,sex\n" + rows)
        rows = "".join(f"ISIC_{number:07d},0.0,1.0\n" for number in numbers)
        text(root / f"ISIC-2017_{part}_Part3_GroundTruth.csv", "image_id,melanoma,seborrheic_keratosis\n" + rows)


@case("isic2018", "all three sets, with what the archives and computers add", within="down load/ISIC 2018")
def isic2018_as_downloaded(root: Path) -> None:
    for part, number in (("Training", 0), ("Validation", 2), ("Test", 4)):
        images, masks = isic(root / part, "isic2018", [number, number + 1], part)
        for name in ("LICENSE.txt", "ATTRIBUTION.txt", *_LITTER):
            text(images / name, "x")
            text(masks / name, "x")
        write(root / "__MACOSX" / images.name / f"._ISIC_{number:07d}.jpg", picture(5)[0])


@case("isic2018", "a mask in upper case and an image with a suffix in upper case")
def isic2018_in_upper_case(root: Path) -> Pixels:
    images, masks = isic(root, "isic2018", range(3))
    (images / "ISIC_0000001.jpg").rename(images / "isic_0000001.JPG")
    (masks / "ISIC_0000002_segmentation.png").rename(masks / "ISIC_0000002_SEGMENTATION.PNG")
    return {}


@case(
    "isic2018",
    "the test set is still packed",
    ("archive_packed", "Test_Input.zip is packed: 1 of its 1 images.*Unpack it"),
)
def isic2018_packed(root: Path) -> None:
    isic(root, "isic2018", range(3))
    image = write(root.parent / "packing" / "ISIC_0000009.jpg", picture(5)[0])
    with zipfile.ZipFile(root / "ISIC2018_Task1-2_Test_Input.zip", "w") as archive:
        archive.write(image, "ISIC2018_Task1-2_Test_Input/ISIC_0000009.jpg")
    image.unlink()
    image.parent.rmdir()


@case(
    "isic2018",
    "the masks were not downloaded",
    ("folder_missing", "Training_Input has no masks: .*GroundTruth is missing"),
)
def isic2018_without_masks(root: Path) -> None:
    _, masks = isic(root, "isic2018", range(3))
    for path in masks.iterdir():
        path.unlink()
    masks.rmdir()


@case("isic2018", "the images were not downloaded", ("folder_missing", "GroundTruth has no images: .*Input is missing"))
def isic2018_without_images(root: Path) -> None:
    images, _ = isic(root, "isic2018", range(3))
    for path in images.iterdir():
        path.unlink()
    images.rmdir()


@case("isic2018", "images and masks lie in one folder", refused="does not look like ISIC 2018.*--dataset folder")
def isic2018_in_one_folder(root: Path) -> None:
    for number in range(3):
        image, mask = picture(number)
        write(root / f"ISIC_{number:07d}.jpg", image)
        write(root / f"ISIC_{number:07d}_segmentation.png", mask * 255)


_LONELY = (r"ISIC_0000001.jpg has no mask", r"ISIC_0000002_segmentation.png has no image")


def _unpaired(root: Path) -> None:
    images, masks = isic(root, "isic2018", range(4))
    (masks / "ISIC_0000001_segmentation.png").unlink()
    (images / "ISIC_0000002.jpg").unlink()


@case("isic2018", "one image and one mask have no partner", ("mask_missing", _LONELY[0]), ("image_missing", _LONELY[1]))
def isic2018_unpaired(root: Path) -> None:
    _unpaired(root)


@case(
    "isic2018",
    "one image and one mask have no partner and may be left out",
    ("unpaired_left_out", _LONELY[0]),
    ("unpaired_left_out", _LONELY[1]),
    unpaired="drop",
)
def isic2018_unpaired_left_out(root: Path) -> None:
    _unpaired(root)


@case(
    "isic2018",
    "an image under a name of its own and a document lie among the images",
    ("file_passed_over", "IMG_4711.jpg is passed over: its name does not fit"),
    ("file_passed_over", "notes.docx is passed over: it is not JPEG"),
)
def isic2018_with_other_files(root: Path) -> None:
    images, _ = isic(root, "isic2018", range(3))
    write(images / "IMG_4711.jpg", picture(5)[0])
    text(images / "notes.docx", "x")


@case(
    "isic2018",
    "a table that names images nobody has, and not all that are there",
    ("metadata_of_no_image", "metadata.csv names 1 image.*ISIC_0000077"),
    ("metadata_missing", "metadata.csv says nothing about 1 image.*ISIC_0000002"),
)
def isic2018_with_table_of_others(root: Path) -> None:
    isic(root, "isic2018", range(3))
    rows = "image_id,diagnosis\nISIC_0000000,nevus\nISIC_0000001,nevus\nISIC_0000077,melanoma\n"
    text(root / "metadata.csv", rows)


@case("isic2018", "a table with semicolons in Latin-1, as spreadsheets write it")
def isic2018_with_table_of_a_spreadsheet(root: Path) -> None:
    isic(root, "isic2018", range(2))
    rows = "image_id;diagnosis;Körperteil\r\nISIC_0000000;nevus;Rücken\r\nISIC_0000001;nevus;Fuß\r\n"
    text(root / "metadata.csv", rows, "latin-1")


@case(
    "isic2018",
    "a table without the column of the ids",
    ("metadata_unreadable", "metadata.csv has no column 'image_id'. Its columns: name, diagnosis"),
)
def isic2018_with_table_of_wrong_columns(root: Path) -> None:
    isic(root, "isic2018", range(2))
    text(root / "metadata.csv", "name,diagnosis\nISIC_0000000,nevus\n")


@case("ph2", "the original tree with its table in text")
def ph2_as_received(root: Path) -> None:
    ph2(root, range(3))
    text(root / "Readme.txt", "x")


@case(
    "ph2",
    "images in one folder and masks in another, with suffixes in upper case, without a table",
    ("metadata_missing", "ph2_flattened holds no PH2_dataset.txt or PH2_dataset.xlsx"),
)
def ph2_flattened(root: Path) -> Pixels:
    for number in range(3):
        image, mask = picture(number)
        write(root / "images" / f"IMD{number:03d}.BMP", image)
        write(root / "masks" / f"IMD{number:03d}_lesion.BMP", mask * 255)
    return {f"IMD{number:03d}": picture(number) for number in range(3)}


@case(
    "ph2",
    "a row of the table is broken",
    ("metadata_unreadable", "PH2_dataset.txt cannot be understood at IMD001"),
    ("metadata_missing", "PH2_dataset.txt says nothing about 1 image.*IMD001"),
)
def ph2_with_broken_row(root: Path) -> None:
    ph2(root, range(3))
    rows = ph2_row(0) + "|| IMD001 || || nevus? ||\n" + ph2_row(2)
    text(root / "PH2_dataset.txt", PH2_HEAD + rows)


@case("ph2", "a workbook that is none", ("metadata_unreadable", "PH2_dataset.xlsx is not a workbook"))
def ph2_with_broken_workbook(root: Path) -> None:
    ph2(root, range(3))
    text(root / "PH2_dataset.xlsx", "no workbook")


@case(
    "ph2", "a lesion folder is empty", ("mask_missing", "IMD001.bmp has no mask"), ("file_passed_over", "IMD001_lesion")
)
def ph2_without_a_mask(root: Path) -> None:
    (ph2(root, range(3)) / "IMD001" / "IMD001_lesion" / "IMD001_lesion.bmp").unlink()


@case("ph2", "another data set", refused="does not look like PH2: no file IMDnnn.bmp")
def ph2_of_another_data_set(root: Path) -> None:
    own(root)


@case("ham10000", "the official folders and table")
def ham10000_as_downloaded(root: Path) -> None:
    ham(root, range(3))


@case(
    "ham10000", "a table without the column of the ids", ("metadata_unreadable", "HAM10000_metadata.csv has no column")
)
def ham10000_with_table_of_wrong_columns(root: Path) -> None:
    table = ham(root, range(3))
    text(table, table.read_text().replace("image_id", "picture"))


@case("folder", "names with spaces and umlauts, composed in one way in one folder and in the other in the other")
def names_with_umlauts(root: Path) -> Pixels:
    pixels = {}
    for number, name in enumerate(("Ärztin Müller 1", "Ärztin Müller 2", "naevus é")):
        image, mask = picture(number)
        write(root / "images" / (unicodedata.normalize("NFD", name) + ".png"), image)
        write(root / "masks" / (unicodedata.normalize("NFC", name) + "_mask.png"), mask * 255)
        pixels[name] = image, mask
    return pixels


@case("folder", "what macOS and Windows leave in folders", within="Bilder & Masken")
def litter_of_computers(root: Path) -> None:
    own(root)
    for folder in ("images", "masks"):
        for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._a.jpg", "._a_mask.png"):
            text(root / folder / name, "x")
        text(root / folder / "__MACOSX" / "._a.jpg", "x")


@case("folder", "only images", refused="folder .*masks does not exist")
def images_without_masks(root: Path) -> None:
    own(root)
    for path in (root / "masks").iterdir():
        path.unlink()
    (root / "masks").rmdir()


@case("folder", "only masks", refused="folder .*images does not exist")
def masks_without_images(root: Path) -> None:
    own(root)
    for path in (root / "images").iterdir():
        path.unlink()
    (root / "images").rmdir()


@case("folder", "both folders are empty", ("no_images", "No images were found in"))
def empty_folders(root: Path) -> None:
    (root / "images").mkdir()
    (root / "masks").mkdir()


@case(
    "folder", "two images with one id", ("id_twice", "Two files have the id b: .*b.jpg and .*b.png. Rename one of them")
)
def two_images_with_one_id(root: Path) -> None:
    own(root)
    write(root / "images" / "b.png", picture(5)[0])


@case("folder", "two ids that differ in letter case alone", ("ids_differ_in_case", "differ only in letter case"))
def ids_that_differ_in_case(root: Path) -> None:
    own(root, ["a", "b", "B"])


@case(
    "folder",
    "images in folders of their own",
    ("mask_missing", "a.jpg has no mask"),
    ("image_missing", "x_mask.png has no image"),
    ("file_passed_over", "more/ is passed over"),
)
def images_in_folders_within(root: Path) -> None:
    own(root)
    write(root / "images" / "more" / "x.jpg", picture(5)[0])
    write(root / "masks" / "x_mask.png", picture(5)[1] * 255)
    (root / "masks" / "a_mask.png").unlink()


@case(
    "folder", "a table that says two things about one image", ("metadata_contradictory", "metadata.csv gives a the age")
)
def table_that_contradicts_itself(root: Path) -> None:
    own(root)
    text(root / "metadata.csv", "image_id,age\na,30\na,40\nb,50\nc,60\n")
