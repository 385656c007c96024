from .building.monitor import Monitor as Monitor
from .building.schedules import WarmUp as WarmUp
from .building.schedules import learning_rate_schedule as learning_rate_schedule
from .callbacks.average import AveragedValidation as AveragedValidation
from .callbacks.average import averaged_weights as averaged_weights
from .callbacks.case_images import CaseImages as CaseImages
from .callbacks.early_stopping import EarlyStopping as EarlyStopping
from .callbacks.early_stopping import StopOnNonFinite as StopOnNonFinite
from .callbacks.frozen_encoder import FrozenEncoder as FrozenEncoder
from .callbacks.precision_recall import PrecisionRecall as PrecisionRecall
from .callbacks.progress import Progress as Progress
from .callbacks.tensorboard import TensorBoardLog as TensorBoardLog
from .config import Config as Config
from .config import load_config as load_config
from .config import ready_configs as ready_configs
from .data.split import load_split as load_split
from .experiment import train as train
from .fine_tuning.freezing import encoder_layers as encoder_layers
from .learning_rate_finder import RangeTest as RangeTest
from .learning_rate_finder import find_learning_rate as find_learning_rate
from .reproducibility import prepare_tensorflow as prepare_tensorflow
from .reproducibility import versions as versions
from .runs.checkpoints import Checkpoints as Checkpoints
from .runs.history import HistoryFile as HistoryFile

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
