"""Keras callbacks of a training run."""

from keras_rau.training.callbacks.case_images import CaseImages as CaseImages
from keras_rau.training.callbacks.early_stopping import EarlyStopping as EarlyStopping
from keras_rau.training.callbacks.early_stopping import StopOnNonFinite as StopOnNonFinite
from keras_rau.training.callbacks.frozen_encoder import FrozenEncoder as FrozenEncoder
from keras_rau.training.callbacks.precision_recall import PrecisionRecall as PrecisionRecall
from keras_rau.training.callbacks.progress import Progress as Progress
from keras_rau.training.callbacks.tensorboard import TensorBoardLog as TensorBoardLog
from keras_rau.training.runs.checkpoints import Checkpoints as Checkpoints
from keras_rau.training.runs.history import HistoryFile as HistoryFile
