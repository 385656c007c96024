"""Segmentation losses, per image and then averaged, from probabilities or logits."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.losses.base import SegmentationLoss as SegmentationLoss
from keras_rau.losses.boundary import BoundaryLoss as BoundaryLoss
from keras_rau.losses.boundary import BoundarySchedule as BoundarySchedule
from keras_rau.losses.combo import ComboLoss as ComboLoss
from keras_rau.losses.compound import CompoundLoss as CompoundLoss
from keras_rau.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from keras_rau.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from keras_rau.losses.crossentropy import WeightedBinaryCrossentropy as WeightedBinaryCrossentropy
from keras_rau.losses.focal import FocalLoss as FocalLoss
from keras_rau.losses.generalized_dice import GeneralizedDiceLoss as GeneralizedDiceLoss
from keras_rau.losses.lovasz import LovaszLoss as LovaszLoss
from keras_rau.losses.overlap import DiceLoss as DiceLoss
from keras_rau.losses.overlap import FocalTverskyLoss as FocalTverskyLoss
from keras_rau.losses.overlap import JaccardLoss as JaccardLoss
from keras_rau.losses.overlap import TverskyLoss as TverskyLoss
from keras_rau.losses.registry import get as get
from keras_rau.losses.registry import names as names
from keras_rau.losses.structure import StructureLoss as StructureLoss
from keras_rau.losses.unified_focal import UnifiedFocalLoss as UnifiedFocalLoss
