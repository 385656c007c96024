"""
Train on several devices
========================

Share every batch between the GPUs of this computer; without GPUs, between two logical devices of its processor.
"""

import tensorflow as tf

from keras_rau import datasets, losses, metrics, models
from keras_rau.training.distribution import mirrored_strategy, synchronise_normalization

if not tf.config.list_physical_devices("GPU"):
    # Must be said before TensorFlow computes anything. It makes nothing faster: it is to try things out.
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

strategy = mirrored_strategy("all")
count = strategy.num_replicas_in_sync
with strategy.scope():
    model = models.from_preset("rau_net_nano", weights=None, input_shape=(48, 48, 3), depth=2)
    # Statistics of the whole batch, not of each device's part.
    synchronise_normalization(model)
    model.compile("adam", loss=losses.CompoundLoss(), metrics=[metrics.DiceScore()])

train, val, _ = datasets.split(datasets.load("phantom", "phantoms-small", n=40, size=96), (0.7, 0.2, 0.1), seed=0)
# The batch is the whole one. All must be full: every device gets the same number of images.
options = {"image_size": 48, "batch_size": 4 * count}
data = datasets.pipeline(train, augment=True, shuffle_seed=0, drop_remainder=True, **options)
model.fit(data, validation_data=datasets.pipeline(val, drop_remainder=True, **options), epochs=2)
model.save("model.keras")
print(f"trained on {count} devices")
# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_1.jpg"
