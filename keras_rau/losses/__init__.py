"""Segmentation losses, per image and then averaged, from probabilities or logits."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.losses.base import SegmentationLoss as SegmentationLoss
from keras_rau.losses.compound import CompoundLoss as CompoundLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from keras_rau.losses.overlap import DiceLoss as DiceLoss
from keras_rau.losses.overlap import TverskyLoss as TverskyLoss
from keras_rau.losses.registry import get as get
from keras_rau.losses.registry import names as names
