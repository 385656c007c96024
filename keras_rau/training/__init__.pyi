from .building.monitor import Monitor
from .building.schedules import WarmUp, learning_rate_schedule
from .callbacks.average import AveragedValidation, averaged_weights
from .callbacks.case_images import CaseImages
from .callbacks.early_stopping import EarlyStopping, StopOnNonFinite
from .callbacks.frozen_encoder import FrozenEncoder
from .callbacks.precision_recall import PrecisionRecall
from .callbacks.progress import Progress
from .callbacks.tensorboard import TensorBoardLog
from .config import Config, load_config, ready_configs
from .data.split import load_split
from .experiment import train
from .fine_tuning.freezing import encoder_layers
from .learning_rate_finder import RangeTest, find_learning_rate
from .reproducibility import prepare_tensorflow, versions
from .runs.checkpoints import Checkpoints
from .runs.history import HistoryFile

__all__ = [
    "AveragedValidation",
    "CaseImages",
    "Checkpoints",
    "Config",
    "EarlyStopping",
    "FrozenEncoder",
    "HistoryFile",
    "Monitor",
    "PrecisionRecall",
    "Progress",
    "RangeTest",
    "StopOnNonFinite",
    "TensorBoardLog",
    "WarmUp",
    "averaged_weights",
    "encoder_layers",
    "find_learning_rate",
    "learning_rate_schedule",
    "load_config",
    "load_split",
    "prepare_tensorflow",
    "ready_configs",
    "train",
    "versions",
]
