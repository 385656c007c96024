"""How the ISIC challenges called their folders and tables from year to year."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One official set of one year.

    Attributes:
        images: folder of the images.
        masks: folder of the lesion masks.
        tables: CSV files of what is known about the images.
        diagnoses: CSV file of the diagnoses, if there is one.
    """

    images: str
    masks: str
    tables: tuple[str, ...] = ()
    diagnoses: str | None = None


@dataclass(frozen=True)
class Year:
    """One challenge.

    Attributes:
        name: name of the source.
        title: name in messages.
        parts: official set -> its folders.
    """

    name: str
    title: str
    parts: dict[str, Part] = field(default_factory=dict)


def _2016(word: str) -> Part:
    start = "ISBI2016_ISIC_Part"
    return Part(f"{start}1_{word}_Data", f"{start}1_{word}_GroundTruth", diagnoses=f"{start}3_{word}_GroundTruth.csv")


def _2017(word: str) -> Part:
    start = f"ISIC-2017_{word}"
    # The archives have the second name, their description the first.
    return Part(
        f"{start}_Data",
        f"{start}_Part1_GroundTruth",
        (f"{start}_metadata.csv", f"{start}_Data_metadata.csv"),
        f"{start}_Part3_GroundTruth.csv",
    )


def _2018(word: str) -> Part:
    return Part(f"ISIC2018_Task1-2_{word}_Input", f"ISIC2018_Task1_{word}_GroundTruth")


YEARS = {
    "isic2016": Year("isic2016", "ISIC 2016", {"train": _2016("Training"), "test": _2016("Test")}),
    "isic2017": Year(
        "isic2017", "ISIC 2017", {"train": _2017("Training"), "val": _2017("Validation"), "test": _2017("Test_v2")}
    ),
    "isic2018": Year(
        "isic2018", "ISIC 2018", {"train": _2018("Training"), "val": _2018("Validation"), "test": _2018("Test")}
    ),
}
