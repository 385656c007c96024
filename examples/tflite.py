"""
Export to TFLite and predict
============================

Export a model and segment an image of any size with the file; that part needs no TensorFlow.
"""

from keras_rau import datasets, export, models

model = models.from_preset("rau_net_nano", weights=None, input_shape=(128, 128, 3))
print(export.tflite(model, "rau_net_nano.tflite"))
image, truth = datasets.draw_phantom(seed=0, index=0, size=300)
mask = export.Predictor("rau_net_nano.tflite").predict(image)
print(mask.shape, mask.mean())
# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_5.jpg"
