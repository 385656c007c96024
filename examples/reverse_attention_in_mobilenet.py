"""
Reverse attention in MobileNet
==============================

BA-RA between a keras.applications backbone and its decoder: fit and export.
"""

import keras
from keras_rau import datasets, export, layers, losses

image = keras.Input((128, 128, 3), name="image")
backbone = keras.applications.MobileNetV3Small(input_tensor=image, include_top=False, weights=None)
skip, deep = backbone.get_layer("expanded_conv_project_bn").output, backbone.output
refined = layers.BoundaryReverseAttention(24)([skip, deep])
mask = keras.layers.Conv2D(1, 1, activation="sigmoid")(layers.Upsample(4)(refined))
model = keras.Model(image, mask)
model.compile("adam", loss=losses.CompoundLoss())
model.fit(datasets.pipeline(datasets.load("phantom", "phantoms-32", n=32), image_size=128))
print(export.tflite(model, "mobilenet_bara.tflite"))
# sphinx_gallery_thumbnail_path = "images/attention.jpg"
