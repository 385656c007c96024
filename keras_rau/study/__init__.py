"""Studies: grids of trainings, scored, compared and written down beside the paper's tables."""

from keras_rau.lazy import lazy

_NAMES = {
    "Cell": "cells",
    "Source": "cells",
    "Contest": "designs",
    "Grid": "designs",
    "architectures_study": "designs",
    "losses_study": "designs",
    "attention_study": "designs",
    "imbalance_study": "designs",
    "transfer_study": "designs",
    "run_study": "run",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
