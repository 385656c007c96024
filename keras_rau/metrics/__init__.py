"""Segmentation metrics averaged per image."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.metrics.base import SegmentationMetric as SegmentationMetric
from keras_rau.metrics.calibration import ExpectedCalibrationError as ExpectedCalibrationError
from keras_rau.metrics.confusion import Accuracy as Accuracy
from keras_rau.metrics.confusion import DiceScore as DiceScore
from keras_rau.metrics.confusion import IoU as IoU
from keras_rau.metrics.confusion import MeanIoU as MeanIoU
from keras_rau.metrics.confusion import Precision as Precision
from keras_rau.metrics.confusion import Sensitivity as Sensitivity
from keras_rau.metrics.confusion import Specificity as Specificity
from keras_rau.metrics.confusion import ThresholdJaccard as ThresholdJaccard
from keras_rau.metrics.registry import OF_CLASSES as OF_CLASSES
from keras_rau.metrics.registry import get as get
from keras_rau.metrics.registry import names as names
from keras_rau.metrics.thresholds import AUC as AUC
from keras_rau.metrics.thresholds import ThresholdSweep as ThresholdSweep
