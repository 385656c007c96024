"""Keras layers of reverse attention, boundary attention and their U-Nets, for any Keras model and backend."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.layers.affinity_attention import AffinityAttention as AffinityAttention
from keras_rau.layers.attention_gate import AttentionGate as AttentionGate
from keras_rau.layers.axial_attention import AxialAttention as AxialAttention
from keras_rau.layers.blocks import ConvBlock as ConvBlock
from keras_rau.layers.boundary_attention import BoundaryAttention as BoundaryAttention
from keras_rau.layers.boundary_reverse_attention import (
    BoundaryReverseAttention as BoundaryReverseAttention,
)
from keras_rau.layers.external_attention import ExternalAttention as ExternalAttention
from keras_rau.layers.grouped_convolution import GroupedConvolution as GroupedConvolution
from keras_rau.layers.learned_map import LearnedMap as LearnedMap
from keras_rau.layers.learned_scale import LearnedScale as LearnedScale
from keras_rau.layers.reverse_attention import ReverseAttention as ReverseAttention
from keras_rau.layers.shared_dilation import SharedDilation as SharedDilation
from keras_rau.layers.soft_pooling import SoftPooling2D as SoftPooling2D
from keras_rau.layers.spectral_attention import SpectralAttention as SpectralAttention
from keras_rau.layers.stretched_pixels import StretchedPixels as StretchedPixels
from keras_rau.layers.style_maps import StyleMaps as StyleMaps
from keras_rau.layers.upsample import Upsample as Upsample
