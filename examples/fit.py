"""
Train with compile and fit
==========================

A reverse-attention U-Net, trained on drawn images by plain Keras.
"""

from keras_rau import datasets, losses, metrics, models

samples = datasets.load("phantom", "phantoms-60", n=60)
train, val, test = datasets.split(samples, (0.7, 0.1, 0.2), seed=0)
model = models.from_preset("rau_net_nano", weights=None, input_shape=(128, 128, 3))
model.compile("adam", loss=losses.CompoundLoss(), metrics=[metrics.DiceScore(), metrics.IoU()])
data = datasets.pipeline(train, image_size=128, augment=True, shuffle_seed=0)
model.fit(data, validation_data=datasets.pipeline(val, image_size=128), epochs=2)
model.save("rau_net_nano.keras")
# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_3.jpg"
