"""Experiments: configuration in, run directory out."""

from keras_rau.lazy import lazy

_NAMES = {
    "Config": "config",
    "load_config": "config",
    "ready_configs": "config",
    "Monitor": "monitor",
    "CaseImages": "callbacks.case_images",
    "Checkpoints": "callbacks.checkpoints",
    "EarlyStopping": "callbacks.early_stopping",
    "HistoryFile": "callbacks.history",
    "PrecisionRecall": "callbacks.precision_recall",
    "Progress": "callbacks.progress",
    "StopOnNonFinite": "callbacks.finite",
    "TensorBoardLog": "callbacks.tensorboard",
    "WarmUp": "schedules",
    "learning_rate_schedule": "schedules",
    "find_learning_rate": "learning_rate_finder",
    "RangeTest": "range_test",
    "train": "experiment",
    "FrozenEncoder": "callbacks.frozen_encoder",
    "encoder_layers": "freezing",
    "load_split": "sets",
    "prepare_tensorflow": "reproducibility",
    "versions": "reproducibility",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
