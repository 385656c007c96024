from .columns import COLUMNS as COLUMNS
from .columns import Column as Column
from .describing import describe as describe
from .report.page import write_report as write_report
from .result import Validation as Validation
from .schemas import schema_names as schema_names
from .validating import validate as validate

__all__ = [
    "COLUMNS",
    "Column",
    "Validation",
    "describe",
    "schema_names",
    "validate",
    "write_report",
]
