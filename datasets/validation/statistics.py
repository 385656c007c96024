"""Statistics of the table by TensorFlow Data Validation (TFDV)."""

import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from keras_rau.datasets.validation.columns import COLUMNS, NOT_STATISTICS
from keras_rau.datasets.validation.table import Row
from keras_rau.errors import RauError

MISSING = (
    "TensorFlow Data Validation is not installed, so there are no statistics, schema, drift and skew. In Python 3.11: "
    "pip install -c constraints/tf2.16-py311.txt '.[validation]'"
)
STATISTICS_COLUMNS = [name for name in COLUMNS if name not in NOT_STATISTICS]


def tfdv_installed() -> bool:
    """Whether TFDV can be imported; it is not imported for that."""
    return find_spec("tensorflow_data_validation") is not None


def tfdv() -> ModuleType:
    """The module, imported (which takes many seconds) without the remarks of what it imports.

    Raises:
        RauError: it is not installed.
    """
    if not tfdv_installed():
        raise RauError(MISSING)
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import absl.logging

        absl.logging.set_verbosity(absl.logging.ERROR)
        import tensorflow_data_validation

    return tensorflow_data_validation


def record_batch(rows: Sequence[Row]) -> Any:
    """The rows as the Arrow record batch of lists that TFDV reads; a missing value is null."""
    import pyarrow as pa

    types = {"text": pa.binary(), "whole": pa.int64(), "real": pa.float32()}
    arrays = []
    for name in STATISTICS_COLUMNS:
        column = COLUMNS[name]
        cells = [row[name] for row in rows]
        if column.type == "text":
            cells = [None if cell is None else str(cell).encode() for cell in cells]
        lists = [None if cell is None else [cell] for cell in cells]
        arrays.append(pa.array(lists, pa.list_(types[column.type])))
    return pa.RecordBatch.from_arrays(arrays, STATISTICS_COLUMNS)


def statistics(rows: Sequence[Row]) -> Any:
    """Statistics of the rows, a `DatasetFeatureStatisticsList`, computed in this process."""
    return _in_memory(record_batch(rows))


def text_statistics(columns: Mapping[str, Sequence[str]]) -> Any:
    """Statistics of columns of text, which may differ in length."""
    import pyarrow as pa

    longest = max(map(len, columns.values()))
    lists = [[[cell.encode()] for cell in cells] + [None] * (longest - len(cells)) for cells in columns.values()]
    arrays = [pa.array(cells, pa.list_(pa.binary())) for cells in lists]
    return _in_memory(pa.RecordBatch.from_arrays(arrays, list(columns)))


def _in_memory(batch: Any) -> Any:
    module = tfdv()
    from tensorflow_data_validation.statistics import stats_impl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stats_impl.generate_statistics_in_memory(batch, module.StatsOptions())


def write_statistics(found: dict[str, Any], folder: Path) -> None:
    """Write `statistics_<set>.pbtxt` for each set."""
    for name, stats in found.items():
        tfdv().write_stats_text(stats, str(folder / f"statistics_{name}.pbtxt"))
