from .cells import Source
from .design import Grid, design_study
from .run import run_study
from .study_file import study_names

__all__ = [
    "Grid",
    "Source",
    "design_study",
    "run_study",
    "study_names",
]
