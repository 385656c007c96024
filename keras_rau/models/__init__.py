"""Segmentation models and their presets."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.models.attention_unet import AttentionUNet as AttentionUNet
from keras_rau.models.base import SegmentationModel as SegmentationModel
from keras_rau.models.counting import count_parameters as count_parameters
from keras_rau.models.encoders.registry import list_encoders as list_encoders
from keras_rau.models.presets import from_preset as from_preset
from keras_rau.models.presets import list_presets as list_presets
from keras_rau.models.rau_net import RAUNet as RAUNet
from keras_rau.models.unet import UNet as UNet
