from . import datasets, evaluation, export, layers, losses, metrics, models, pretrained, study, training
from ._version import __version__

__all__ = [
    "__version__",
    "datasets",
    "evaluation",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "pretrained",
    "study",
    "training",
]
