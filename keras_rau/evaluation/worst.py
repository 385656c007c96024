"""The images a model fails on, to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.samples import Sample
from keras_rau.evaluation.overlays import Tile, class_overlay, panel
from keras_rau.files import check_free, make_folder


def write_worst(
    predictor: Any, samples: Sequence[Sample], rows: Sequence[dict[str, Any]], folder: Path | str, count: int = 10
) -> list[Path]:
    """Write the images with the lowest Dice, the outlines of truth and prediction drawn in.

    Args:
        predictor: a `keras_rau.export.Predictor`.
        samples: the samples that were scored.
        rows: their scores, as `evaluate` returned them.
        folder: new or empty.
        count: how many; all if there are fewer.

    Returns:
        The overlays, `01_ID.png`, `02_ID.png`, …, the worst first, each of the size of its image; `panel.png` beside them
        shows all at a glance.

    Raises:
        RauError: the folder is taken or cannot be written, or a file cannot be read.
        ValueError: `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"`count` must be at least 1. Received: count={count}")
    folder = Path(folder)
    check_free(folder, "--worst")
    make_folder(folder)
    known = {sample.id: sample for sample in samples}
    written, tiles = [], []
    for number, row in enumerate(sorted(rows, key=lambda row: (row["dice"], row["id"]))[:count], start=1):
        sample = known[row["id"]]
        image, mask = read_sample(sample)
        tile = Tile(sample.id, image, mask, predictor.predict(image), row["dice"], getattr(predictor, "outputs", None))
        path = folder / f"{number:02d}_{sample.id.replace('/', '_')}.png"
        drawn = class_overlay(tile.image, tile.truth, tile.prediction, tile.outputs)
        Image.fromarray(drawn).save(path)
        written.append(path)
        tiles.append(tile)
    Image.fromarray(panel(tiles)).save(folder / "panel.png")
    return written
