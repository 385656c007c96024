"""
Fine-tune a trained model
=========================

On other images, of another size, with an encoder that is frozen at first.
"""

import keras

from keras_rau import datasets, losses, metrics, models, training

score = metrics.DiceScore()


def sets(folder: str, seed: int):
    """Training and validation samples; yours come from `datasets.load("folder", "my_images")`."""
    samples = datasets.load("phantom", folder, n=40, seed=seed, size=96)
    return datasets.split(samples, (0.7, 0.2, 0.1), seed=0)[:2]


# What was trained before: any .keras file.
train, val = sets("public", seed=0)
model = models.from_preset("rau_net_nano", weights=None, input_shape=(48, 48, 3), depth=2)
model.compile("adam", loss=losses.CompoundLoss(), metrics=[score])
model.fit(datasets.pipeline(train, image_size=48, augment=True, shuffle_seed=0), epochs=2)
model.save("public.keras")

# The same architecture for larger images: the weights do not depend on the size.
trained = keras.saving.load_model("public.keras")
tuned = models.RAUNet(**{**trained.get_config(), "input_shape": (64, 64, 3)})
tuned.set_weights(trained.get_weights())
tuned.compile(keras.optimizers.AdamW(3e-4), loss=losses.CompoundLoss(), metrics=[score])
train, val = sets("own", seed=1)
tuned.fit(
    datasets.pipeline(train, image_size=64, augment=True, shuffle_seed=0),
    validation_data=datasets.pipeline(val, image_size=64),
    epochs=3,
    callbacks=[training.FrozenEncoder(epochs=1)],
)
tuned.save("own.keras")
# sphinx_gallery_thumbnail_path = "images/gallery/skin_lesions_2.jpg"
