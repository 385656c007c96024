"""Experiments: configuration in, run directory out."""

from keras_rau.lazy import lazy

_NAMES = {
    "Config": "config",
    "load_config": "config",
    "ready_configs": "config",
    "Monitor": "building.monitor",
    "CaseImages": "callbacks.case_images",
    "Checkpoints": "runs.checkpoints",
    "EarlyStopping": "callbacks.early_stopping",
    "HistoryFile": "runs.history",
    "PrecisionRecall": "callbacks.precision_recall",
    "Progress": "callbacks.progress",
    "StopOnNonFinite": "callbacks.early_stopping",
    "TensorBoardLog": "callbacks.tensorboard",
    "WarmUp": "building.schedules",
    "learning_rate_schedule": "building.schedules",
    "find_learning_rate": "learning_rate_finder",
    "RangeTest": "learning_rate_finder",
    "train": "experiment",
    "FrozenEncoder": "callbacks.frozen_encoder",
    "encoder_layers": "fine_tuning.freezing",
    "load_split": "data.split",
    "prepare_tensorflow": "reproducibility",
    "AveragedValidation": "callbacks.average",
    "averaged_weights": "callbacks.average",
    "versions": "reproducibility",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
