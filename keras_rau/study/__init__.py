"""Studies: grids of trainings, scored, compared and written down beside what publications print."""

from keras_rau.lazy import lazy

_NAMES = {
    "Grid": "design",
    "Source": "cells",
    "design_study": "design",
    "run_study": "run",
    "study_names": "study_file",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
