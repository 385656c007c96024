"""BA-RA between a keras.applications backbone and its decoder: fit and export."""

import keras
import numpy as np
from keras_rau import export, layers, losses

image = keras.Input((128, 128, 3), name="image")
backbone = keras.applications.MobileNetV3Small(input_tensor=image, include_top=False, weights=None)
skip, deep = backbone.get_layer("expanded_conv_project_bn").output, backbone.output
refined = layers.BoundaryReverseAttention(24)([skip, deep])
mask = keras.layers.Conv2D(1, 1, activation="sigmoid")(layers.Upsample(4)(refined))
model = keras.Model(image, mask)
model.compile("adam", loss=losses.CompoundLoss())
images, masks = np.random.uniform(0, 255, (16, 128, 128, 3)), np.random.randint(0, 2, (16, 128, 128, 1))
model.fit(images, masks, epochs=1)
print(export.tflite(model, "mobilenet_bara.tflite"))
