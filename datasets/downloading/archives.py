"""Which archives make up a data set, and where they lie."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from keras_rau.errors import UsageError
from keras_rau.suggestion import did_you_mean

BASE_URL = "https://isic-challenge-data.s3.amazonaws.com"
OVERVIEW = "https://challenge.isic-archive.com/data"
PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class Archive:
    """One file of a data set as it lies on the server.

    Attributes:
        file: its name there.
        part: `"training"`, `"validation"` or `"test"`.
        count: images or masks it holds; rows of a table.
        size: bytes as found in public sources, for a listing without network; `None` where none was found.
    """

    file: str
    part: str
    count: int
    size: int | None = None

    @property
    def is_table(self) -> bool:
        """Whether it is a CSV file that stays as it is."""
        return self.file.endswith(".csv")

    @property
    def suffix(self) -> str:
        """Suffix of the files that are counted."""
        return ".png" if "GroundTruth" in self.file else ".jpg"

    def target(self, root: Path) -> Path:
        """The folder it is unpacked to, or the file itself."""
        return root / (self.file if self.is_table else PurePosixPath(self.file).stem)


# Small files first, so that what is wrong shows early.
_ARCHIVES = {
    "isic2016": (
        Archive("ISBI2016_ISIC_Part3_Training_GroundTruth.csv", "training", 900),
        Archive("ISBI2016_ISIC_Part1_Training_GroundTruth.zip", "training", 900),
        Archive("ISBI2016_ISIC_Part1_Training_Data.zip", "training", 900),
        Archive("ISBI2016_ISIC_Part3_Test_GroundTruth.csv", "test", 379),
        Archive("ISBI2016_ISIC_Part1_Test_GroundTruth.zip", "test", 379),
        Archive("ISBI2016_ISIC_Part1_Test_Data.zip", "test", 379),
    ),
    "isic2017": (
        Archive("ISIC-2017_Training_Part3_GroundTruth.csv", "training", 2000),
        Archive("ISIC-2017_Training_Part1_GroundTruth.zip", "training", 2000),
        Archive("ISIC-2017_Training_Data.zip", "training", 2000, 6_200_000_000),
        Archive("ISIC-2017_Validation_Part3_GroundTruth.csv", "validation", 150),
        Archive("ISIC-2017_Validation_Part1_GroundTruth.zip", "validation", 150),
        Archive("ISIC-2017_Validation_Data.zip", "validation", 150, 900_000_000),
        Archive("ISIC-2017_Test_v2_Part3_GroundTruth.csv", "test", 600),
        Archive("ISIC-2017_Test_v2_Part1_GroundTruth.zip", "test", 600),
        Archive("ISIC-2017_Test_v2_Data.zip", "test", 600, 5_800_000_000),
    ),
    "isic2018": (
        Archive("ISIC2018_Task1_Training_GroundTruth.zip", "training", 2594, 27_402_895),
        Archive("ISIC2018_Task1-2_Training_Input.zip", "training", 2594, 11_165_358_566),
        Archive("ISIC2018_Task1_Validation_GroundTruth.zip", "validation", 100, 759_706),
        Archive("ISIC2018_Task1-2_Validation_Input.zip", "validation", 100, 239_231_159),
        Archive("ISIC2018_Task1_Test_GroundTruth.zip", "test", 1000, 9_680_101),
        Archive("ISIC2018_Task1-2_Test_Input.zip", "test", 1000, 2_370_457_338),
    ),
}

_READ = "The LICENSE.txt inside an archive, where there is one, is what counts; it is kept beside the images."
LICENSES = {
    "isic2016": f"ISIC 2016 is said to be CC0. {_READ} Cite arXiv:1605.01397.",
    "isic2017": f"ISIC 2017 is said to be CC0. {_READ} Cite arXiv:1710.05006.",
    "isic2018": (
        f"ISIC 2018 is said to be CC BY-NC 4.0: no commercial use, name the source. {_READ} "
        "Cite arXiv:1902.03368 and doi:10.1038/sdata.2018.161."
    ),
}

_ELSEWHERE = {
    "ph2": (
        "PH2 cannot be downloaded: request it from its authors (ADDI project, Universidade do Porto), "
        "https://www.fc.up.pt/addi/ph2%20database.html. It is for research and education only and must not be passed on.\n"
        "Unpack what you get so that there is DIR/PH2Dataset/PH2 Dataset images/IMD002/IMD002_Dermoscopic_Image/IMD002.bmp,\n"
        "…/IMD002/IMD002_lesion/IMD002_lesion.bmp and so on, with PH2_dataset.txt beside `PH2 Dataset images`;\n"
        "then: --dataset ph2 --data-dir DIR"
    ),
    "ham10000": (
        "HAM10000 lies at the Harvard Dataverse, https://doi.org/10.7910/DVN/DBW86T, which asks you to accept its terms "
        "(CC BY-NC 4.0 by its page; read them there).\n"
        "Fetch HAM10000_images_part_1.zip, HAM10000_images_part_2.zip, HAM10000_metadata.tab (as original format: .csv) "
        "and\nHAM10000_segmentations_lesion_tschandl.zip (10,015 masks) and unpack them into one folder DIR;\n"
        "then: --dataset ham10000 --data-dir DIR"
    ),
    "phantom": "Phantoms need no download: they are drawn when you load them (--dataset phantom --data-dir NEW_FOLDER).",
    "folder": "`folder` stands for images of your own: there is nothing to download.",
}


def names() -> list[str]:
    """Data sets that can be downloaded."""
    return list(_ARCHIVES)


def archives(name: str, parts: list[str] | tuple[str, ...] | None = None) -> list[Archive]:
    """The archives of a data set.

    Args:
        name: one of `names()`.
        parts: of `PARTS`; `None` for all that there are.

    Raises:
        UsageError: the data set is unknown or has to be had elsewhere, or it has no such part.
    """
    if name in _ELSEWHERE:
        raise UsageError(_ELSEWHERE[name])
    if name not in _ARCHIVES:
        hint = did_you_mean(name, [*_ARCHIVES, *_ELSEWHERE])
        raise UsageError(f"Unknown data set. {hint}To download: {', '.join(_ARCHIVES)}. Received: {name!r}")
    known = [part for part in PARTS if any(archive.part == part for archive in _ARCHIVES[name])]
    for part in known if parts is None else parts:
        if part not in known:
            raise UsageError(f"{name} has no part {part!r}. {did_you_mean(part, known)}Its parts: {', '.join(known)}.")
    if parts is not None and not parts:
        raise UsageError(f"Name at least one part of {name}: {', '.join(known)}.")
    return [archive for archive in _ARCHIVES[name] if parts is None or archive.part in parts]
