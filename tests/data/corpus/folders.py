"""Sets in folders of their own, the same names in several of them, and tables that tell patients apart."""

from collections.abc import Iterable
from pathlib import Path

from tests.data.corpus.cases import Pixels, case
from tests.data.corpus.drawing import isic, own, picture, text, write

_SETS = ("sets_by_folder", "name sets: train 2, val 2, test 2. .*data.official_split=true")


def _in_folders(root: Path, places: Iterable[tuple[str, str]], names: Iterable[str] = "12") -> Pixels:
    """Draw images and masks of the same names into pairs of folders."""
    pixels, number = {}, 0
    for images, masks in places:
        for name in names:
            image, mask = picture(number)
            write(root / images / f"{name}.png", image)
            write(root / masks / f"{name}.png", mask * 255)
            pixels[f"{images}/{name}"] = image, mask
            number += 1
    return pixels


def _by_set(pixels: Pixels, part: int = 0) -> Pixels:
    """Pixels by the id that a set and a name make."""
    return {f"{key.split('/')[part]}_{key.split('/')[-1]}": value for key, value in pixels.items()}


@case("folder", "the same names under train, val and test, as Kaggle has them", _SETS, ids="path")
def kaggle(root: Path) -> Pixels:
    return _by_set(_in_folders(root, [(f"{s}/images", f"{s}/masks") for s in ("train", "val", "test")]))


@case("folder", "the same, without the option that makes ids of paths", refused="(?s)images does not exist.*ids=.?path")
def kaggle_without_the_option(root: Path) -> None:
    kaggle(root)


@case(
    "folder",
    "the same with patterns, which leave the set out of the id",
    *(("id_twice", rf"Two files have the id {i}: .*ids='path'") for i in "1212" * 2),
    image_pattern="*/images/{id}.png",
    mask_pattern="*/masks/{id}.png",
)
def kaggle_by_patterns(root: Path) -> None:
    kaggle(root)


@case(
    "folder",
    "the same with patterns and paths as ids",
    _SETS,
    ids="path",
    image_pattern="*/images/{id}.png",
    mask_pattern="*/masks/{id}.png",
)
def kaggle_by_patterns_and_paths(root: Path) -> Pixels:
    return kaggle(root)


@case("folder", "sets within images and masks", _SETS, ids="path")
def sets_within_both_folders(root: Path) -> Pixels:
    return _by_set(_in_folders(root, [(f"images/{s}", f"masks/{s}") for s in ("train", "val", "test")]), 1)


@case("folder", "sets within images and masks, all folders looked into", _SETS, recursive=True)
def sets_within_both_folders_recursive(root: Path) -> Pixels:
    return sets_within_both_folders(root)


@case("folder", "img and lbl in every set", _SETS, ids="path", recursive=True)
def kaggle_with_short_names(root: Path) -> Pixels:
    return _by_set(_in_folders(root, [(f"{s}/img", f"{s}/lbl") for s in ("train", "valid", "test")]))


@case("folder", "train_images beside train_masks", _SETS, ids="path")
def sets_in_the_names_of_folders(root: Path) -> Pixels:
    _in_folders(root, [(f"{s}_images", f"{s}_masks") for s in ("train", "validation", "test")])
    return {"train_1": picture(0), "validation_2": picture(3), "test_2": picture(5)}


@case("folder", "three levels: set, patient, kind", _SETS, ids="path")
def sets_of_patients(root: Path) -> Pixels:
    _in_folders(root, [(f"{s}/P{k}/images", f"{s}/P{k}/masks") for k, s in enumerate(("train", "val", "test"))])
    return {"train_P0_1": picture(0), "test_P2_2": picture(5)}


@case("folder", "masks beside the images of each set", _SETS, ids="path")
def sets_with_masks_beside(root: Path) -> Pixels:
    for number, part in enumerate(("train", "val", "test")):
        for index in range(2):
            image, mask = picture(2 * number + index)
            write(root / part / f"{index}.png", image)
            write(root / part / f"{index}_mask.png", mask * 255)
    return {"train_0": picture(0), "val_1": picture(3), "test_1": picture(5)}


@case("folder", "folders under names of their own", _SETS, ids="path", images="foo", masks="bar")
def sets_with_folders_of_other_names(root: Path) -> Pixels:
    return _by_set(_in_folders(root, [(f"{s}/foo", f"{s}/bar") for s in ("train", "val", "test")]))


@case(
    "folder",
    "the mask of a training image lies in the test set alone",
    (
        "mask_of_another_set",
        r"train/images/1.jpg would get the mask .*test/masks/1.png, which lies in the folder of another",
    ),
    ("mask_missing", "test/images/2.jpg has no mask"),
    image_pattern="*/images/{id}.jpg",
    mask_pattern="*/masks/{id}.png",
)
def mask_in_another_set(root: Path) -> None:
    image, mask = picture(0)
    write(root / "train" / "images" / "1.jpg", image)
    write(root / "test" / "masks" / "1.png", mask * 255)
    write(root / "test" / "images" / "2.jpg", picture(1)[0])


@case(
    "folder",
    "nothing says which images are of one patient",
    ("groups_missing", "of the 3 images are of one patient or lesion.*group_column=patient"),
)
def own_without_groups(root: Path) -> None:
    own(root)


@case(
    "folder",
    "a table of patients that nobody named",
    (
        "table_not_read",
        "patients.csv is a table .* Its columns: image, patient.*metadata=patients.csv and group_column=patient",
    ),
    ("groups_missing", "Nothing says"),
)
def table_of_patients_not_named(root: Path) -> None:
    own(root)
    text(root / "patients.csv", "image,patient\na,1\nb,1\nc,2\n")


@case(
    "folder",
    "a column of patients that nobody named",
    ("groups_not_used", "column Patient ID.*group_column=Patient ID"),
)
def column_of_patients_not_named(root: Path) -> None:
    own(root)
    text(root / "metadata.csv", "image_id,Patient ID,patient_age\na,1,30\nb,1,30\nc,2,40\n")


@case("folder", "a table of patients by path", _SETS, ids="path", metadata="patients.csv", group_column="patient")
def table_by_path(root: Path) -> None:
    kaggle(root)
    rows = [f"{s}/images/{name}.png,{s}{name}" for s in ("train", "val", "test") for name in "12"]
    text(root / "patients.csv", "\n".join(["file,patient", *rows]) + "\n")


@case(
    "folder",
    "a table by names that occur in every set",
    _SETS,
    ("metadata_ambiguous", "patients.csv names 2 image.*'1.png' may be "),
    ("groups_missing", "Nothing says"),
    ids="path",
    metadata="patients.csv",
)
def table_by_names_that_are_not_clear(root: Path) -> None:
    kaggle(root)
    text(root / "patients.csv", "file,patient\n1.png,A\n2.png,B\n")


@case("isic2018", "the metadata of the ISIC Archive, with patients and lesions")
def isic2018_with_metadata_of_the_archive(root: Path) -> None:
    isic(root, "isic2018", range(3))
    rows = "ISIC_0000000,IP_1,IL_1\nISIC_0000001,IP_1,IL_2\nISIC_0000002,,IL_2\n"
    text(root / "challenge-2018-task-1-2-training_metadata.csv", "isic_id,patient_id,lesion_id\n" + rows)


@case(
    "isic2018",
    "a table of patients under another name",
    ("table_not_read", "patients.csv is a table .*call it metadata.csv"),
    ("groups_missing", "metadata of the ISIC Archive"),
)
def isic2018_with_table_of_patients(root: Path) -> None:
    isic(root, "isic2018", range(3))
    text(root / "patients.csv", "image,patient\n0,1\n")
