"""The table of a data set, computed by threads on this machine."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from keras_rau.csv_text import csv_text
from keras_rau.datasets.reading.examination import Examination, examine
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.columns import COLUMNS
from keras_rau.datasets.validation.describing import describe
from keras_rau.files import write_text

Row = dict[str, Any]


class Measured(NamedTuple):
    """What one sample gave: its row of the table, and what is odd about its files."""

    row: Row
    examination: Examination


def measure(sample: Sample) -> Measured:
    """Examine and describe one sample; damaged files give findings and an incomplete row, never an error."""
    examination = examine(sample)
    return Measured(describe(sample, examination.image, examination.mask), examination.without_pixels())


def measure_all(samples: Sequence[Sample], progress: Callable[[], None] | None = None) -> Iterator[Measured]:
    """Measure samples in order; decoding and OpenCV leave Python's lock, so that threads use all cores.

    Args:
        samples: the samples.
        progress: called once per sample.
    """
    with ThreadPoolExecutor() as pool:
        for measured in pool.map(measure, samples):
            if progress is not None:
                progress()
            yield measured


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write `table.csv`: one row per sample, empty where nothing is known."""
    write_text(path, csv_text(COLUMNS, rows))
