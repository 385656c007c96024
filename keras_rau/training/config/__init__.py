"""The configuration of an experiment: one validated schema for files, command line and Python."""

from keras_rau.training.config.commented import commented_yaml as commented_yaml
from keras_rau.training.config.experiment import Config as Config
from keras_rau.training.config.loading import load_config as load_config
from keras_rau.training.config.loading import parse_setting as parse_setting
from keras_rau.training.config.ready import ready_configs as ready_configs
from keras_rau.training.config.sections import OptimizerSection as OptimizerSection
