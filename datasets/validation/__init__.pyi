from .columns import COLUMNS, Column
from .describing import describe
from .report.page import write_report
from .result import Validation
from .schemas import schema_names
from .validating import validate

__all__ = [
    "COLUMNS",
    "Column",
    "Validation",
    "describe",
    "schema_names",
    "validate",
    "write_report",
]
