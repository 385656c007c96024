"""Encoders: networks that give feature maps at strides 2, 4, 8, 16 and 32."""

from keras_rau.models.encoders.efficientnet_lite import efficientnet_lite0 as efficientnet_lite0
