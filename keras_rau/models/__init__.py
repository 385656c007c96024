"""Segmentation models and their presets."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.models.as_net import ASNet as ASNet
from keras_rau.models.attention_unet import AttentionUNet as AttentionUNet
from keras_rau.models.base import SegmentationModel as SegmentationModel
from keras_rau.models.caranet import CaraNet as CaraNet
from keras_rau.models.counting import count_parameters as count_parameters
from keras_rau.models.cpfnet import CPFNet as CPFNet
from keras_rau.models.deeplab_v3_plus import DeepLabV3Plus as DeepLabV3Plus
from keras_rau.models.ege_unet import EGEUNet as EGEUNet
from keras_rau.models.encoders.registry import list_encoders as list_encoders
from keras_rau.models.gfanet import GFANet as GFANet
from keras_rau.models.loading import load as load
from keras_rau.models.malunet import MALUNet as MALUNet
from keras_rau.models.mcgff_net import MCGFFNet as MCGFFNet
from keras_rau.models.mfsnet import MFSNet as MFSNet
from keras_rau.models.ms_red import MsRED as MsRED
from keras_rau.models.pranet import PraNet as PraNet
from keras_rau.models.presets import from_preset as from_preset
from keras_rau.models.presets import list_presets as list_presets
from keras_rau.models.published.loading import load_published as load_published
from keras_rau.models.rau_net import RAUNet as RAUNet
from keras_rau.models.unet import UNet as UNet
from keras_rau.models.unet_plus_plus import UNetPlusPlus as UNetPlusPlus
