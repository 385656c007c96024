from .cells import Source as Source
from .design import Grid as Grid
from .design import design_study as design_study
from .run import run_study as run_study
from .study_file import study_names as study_names

__all__ = [
    "Grid",
    "Source",
    "design_study",
    "run_study",
    "study_names",
]
