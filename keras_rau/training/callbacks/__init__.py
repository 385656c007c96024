"""Keras callbacks of a training run."""

from keras_rau.training.callbacks.checkpoints import Checkpoints as Checkpoints
from keras_rau.training.callbacks.finite import StopOnNonFinite as StopOnNonFinite
from keras_rau.training.callbacks.history import HistoryFile as HistoryFile
from keras_rau.training.callbacks.progress import Progress as Progress
