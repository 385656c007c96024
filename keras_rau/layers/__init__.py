"""Keras layers of reverse attention, boundary attention and their U-Nets, for any Keras model and backend."""

# keras first: its import registers our classes and must find no half-imported module of ours.
import keras  # noqa: F401

from keras_rau.layers.attention_gate import AttentionGate as AttentionGate
from keras_rau.layers.blocks import ConvBlock as ConvBlock
from keras_rau.layers.boundary_attention import BoundaryAttention as BoundaryAttention
from keras_rau.layers.boundary_reverse_attention import (
    BoundaryReverseAttention as BoundaryReverseAttention,
)
from keras_rau.layers.reverse_attention import ReverseAttention as ReverseAttention
from keras_rau.layers.upsample import Upsample as Upsample
