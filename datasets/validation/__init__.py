"""What a data set looks like as numbers: a table of measures, its findings, statistics, schemas, and a report.

Names load when first used; TensorFlow Data Validation and Beam are imported only by the functions that need them.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "COLUMNS": "columns",
    "Column": "columns",
    "describe": "describing",
    "validate": "validating",
    "Validation": "result",
    "schema_names": "schemas",
    "write_report": "report.page",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
