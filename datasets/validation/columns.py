"""The columns of the table: one row per image."""

from dataclasses import dataclass

# Images are measured at this longer side in pixels, masks at twice of it, so that large photographs cost little.
IMAGE_SIDE, MASK_SIDE = 256, 512


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: its name in `table.csv` and in schemas.
        type: `"text"`, `"whole"` or `"real"`.
        meaning: what it says, with its unit and range.
        low: smallest value there can be.
        high: largest value there can be.
        outliers: `"plain"` or `"log"`, the scale on which unusual values are looked for, or `None`.
        compared: whether its distribution is compared between sets.
    """

    name: str
    type: str
    meaning: str
    low: float | None = None
    high: float | None = None
    outliers: str | None = None
    compared: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.type != "text"


def _text(name: str, meaning: str, compared: bool = False) -> Column:
    return Column(name, "text", meaning, compared=compared)


_ALL = (
    _text("id", "id of the sample"),
    _text("source", "name of the source"),
    _text("split", "train, val or test; empty where no split is known"),
    _text("diagnosis", "diagnosis as the source's metadata name it; empty where unknown", compared=True),
    Column("width", "whole", "width of the upright image, pixels", 1, None, "log", True),
    Column("height", "whole", "height of the upright image, pixels", 1, None, "log", True),
    Column("aspect", "real", "width / height", 0, None, "log", True),
    _text(
        "mode", "pixel layout in the image file, as Pillow names it: RGB, L (grey), P (palette), CMYK and so on", True
    ),
    _text("format", "format of the image file by its content: JPEG, PNG, BMP or TIFF", True),
    Column("file_bytes", "whole", "size of the image file, bytes", 0, None, "log"),
    Column("brightness", "real", "mean grey level, 0 (black) to 255 (white)", 0, 255, "plain", True),
    Column("contrast", "real", "standard deviation of the grey levels, 0 to 127.5", 0, 127.5, "plain", True),
    Column(
        "sharpness", "real", "variance of the Laplacian of the grey levels; small when blurred", 0, None, "log", True
    ),
    Column(
        "hair_score", "real", "share of the pixels that lie in thin dark lines (hair, rulers), 0 to 1", 0, 1, None, True
    ),
    Column(
        "vignette", "real", "share of the pixels that are nearly black and joined to a corner, 0 to 1", 0, 1, None, True
    ),
    Column("colour_cast", "real", "angle between the mean colour and grey, degrees, 0 to 54.8", 0, 54.8, "plain", True),
    Column("lesion_fraction", "real", "share of the pixels that are lesion, 0 to 1", 0, 1, None, True),
    Column("lesion_components", "whole", "number of separate parts of the lesion", 0, None, "log", True),
    Column("lesion_holes", "whole", "number of holes in the lesion", 0, None, "log", True),
    Column("touches_border", "whole", "1 where the lesion reaches the border of the image, else 0", 0, 1, None, True),
    Column("border_contact", "real", "share of the image's border pixels that are lesion, 0 to 1", 0, 1, None, True),
    Column(
        "border_irregularity",
        "real",
        "perimeter² / (4π · area): about 1 for a disc, more when ragged or in parts",
        0,
        None,
        "log",
        True,
    ),
    Column(
        "centre_offset",
        "real",
        "distance of the lesion's centre from the image's, in half diagonals, 0 to 1",
        0,
        1,
        "plain",
        True,
    ),
    _text("mask_values", "values in the mask file: `0,255`, `0,1`, `255`, …", True),
    _text("perceptual_hash", "64-bit pHash of the image, 16 hexadecimal digits; near duplicates differ in few bits"),
)
COLUMNS = {column.name: column for column in _ALL}
# Unique in every row, or known from the call: they say nothing as statistics.
NOT_STATISTICS = ("id", "split", "perceptual_hash", "file_bytes")
